#include "vesta/runtime/journal.hpp"

#include <chrono>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "vesta/platform/thread.hpp"
#include "vesta/runtime/journal_store.hpp"

namespace vesta {
namespace {

/// A record waits so long at most while the writer has nothing else to do.
constexpr std::chrono::milliseconds write_every{5};
/// Records of one transaction.
constexpr std::size_t batch_max = 1024;

/// The longest beginning of at most `limit` bytes that cuts no UTF-8 character in two.
std::size_t whole_characters(std::string_view text, std::size_t limit) {
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xc0U) == 0x80) --limit;
  return limit;
}

} // namespace

namespace detail {

/// A text of bounded length in its own bytes; what is cut ends in "...".
template <std::size_t Limit>
class bounded_text {
public:
  void set(std::string_view text) {
    if (text.size() <= Limit) {
      size_ = static_cast<std::uint16_t>(text.size());
      text.copy(bytes_, size_); // which may be empty
      return;
    }
    constexpr std::string_view mark = "...";
    const auto kept = whole_characters(text, Limit - mark.size());
    text.copy(bytes_, kept);
    mark.copy(bytes_ + kept, mark.size());
    size_ = static_cast<std::uint16_t>(kept + mark.size());
  }
  std::string_view view() const { return {bytes_, size_}; }

private:
  std::uint16_t size_ = 0;
  char bytes_[Limit];
};

} // namespace detail

/// A record on its way to the writer.
struct journal_slot {
  std::int64_t wall_ns, steady_ns;
  std::uint64_t incarnation;
  error_code code;
  journal_kind kind;
  detail::bounded_text<journal_actor_max> actor;
  detail::bounded_text<journal_recovery_max> recovery;
  detail::bounded_text<journal_text_max> text;

  journal_slot() = default;
  journal_slot(const journal_note& note, const platform::clock& time)
      : wall_ns(time.wall()), steady_ns(time.now()), incarnation(note.incarnation), code(note.code),
        kind(note.kind) {
    actor.set(note.actor);
    recovery.set(note.recovery);
    text.set(note.text);
  }

  journal_row row() const {
    return {.wall_ns = wall_ns,
            .steady_ns = steady_ns,
            .incarnation = static_cast<std::int64_t>(incarnation),
            .code = static_cast<std::int64_t>(code),
            .kind = name_of(kind),
            .actor = actor.view(),
            .recovery = recovery.view(),
            .text = text.view()};
  }
};

absl::StatusOr<std::unique_ptr<journal>> journal::open(const std::string& path,
                                                       const journal_options& options) {
  auto store = journal_store::open(path, options.limit_bytes, options.time->wall(), options.time->now());
  if (!store.ok()) return store.status();
  return std::unique_ptr<journal>{new journal(*std::move(store), options)};
}

journal::journal(std::unique_ptr<journal_store> store, const journal_options& options)
    : time_(*options.time), cores_(options.cores),
      ring_(std::make_unique<mpsc_ring<journal_slot>>(options.waiting_max)), store_(std::move(store)) {
  batch_.reserve(batch_max + 1);
  writer_ = std::jthread{[this](const std::stop_token& stop) { work(stop); }};
}

journal::~journal() {
  writer_.request_stop();
  writer_.join();
}

bool journal::append(const journal_note& note) noexcept { return ring_->push(journal_slot(note, time_)); }

std::uint64_t journal::lost() const { return ring_->overflows(); }

absl::Status journal::flush() {
  std::unique_lock lock{mutex_};
  const auto mine = ++flushes_asked_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return flushes_done_ >= mine; });
  return last_status_;
}

void journal::work(const std::stop_token& stop) {
  platform::pin_this_thread(cores_, "vesta.journal");
  std::unique_lock lock{mutex_};
  for (bool last_round = false; !last_round;) {
    changed_.wait_for(lock, stop, write_every, [&] { return flushes_asked_ != flushes_done_; });
    last_round = stop.stop_requested();
    const auto asked = flushes_asked_;
    lock.unlock();
    auto status = drain();
    if (status.ok() && last_round) status = store_->close();
    if (!status.ok() && (last_round || last_status_.ok()))
      spdlog::log(spdlog::level::err,
                  std::string(status.message()) +
                      (last_round ? "; its last records are lost" : "; its records wait"));
    lock.lock();
    last_status_ = std::move(status);
    flushes_done_ = asked;
    changed_.notify_all();
  }
}

absl::Status journal::drain() {
  for (;;) {
    if (batch_.empty()) take_batch();
    if (batch_.empty()) return absl::OkStatus();
    std::vector<journal_row> rows;
    rows.reserve(batch_.size());
    for (const auto& each : batch_) rows.push_back(each.row());
    if (auto status = store_->write(rows); !status.ok()) return status;
    batch_.clear();
  }
}

void journal::take_batch() {
  const auto lost = ring_->overflows();
  batch_.resize(batch_max);
  batch_.resize(ring_->pop(batch_));
  if (lost == lost_told_) return;
  const auto text = fmt::format("{} records lost: they came faster than they could be written",
                                lost - std::exchange(lost_told_, lost));
  batch_.emplace_back(
      journal_note{.kind = journal_kind::lost, .actor = "journal", .text = text, .recovery = {}}, time_);
}

} // namespace vesta
