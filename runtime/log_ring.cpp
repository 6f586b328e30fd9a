#include "vesta/runtime/log_ring.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <utility>

#include "vesta/platform/thread.hpp"
#include "vesta/runtime/mpsc_ring.hpp"

namespace vesta {
namespace {

/// The pause of the writer when it has written all. Lines come in groups, and to wake a thread costs more
/// than all else that is done to log one: who logs in this time need not.
constexpr std::chrono::milliseconds pause_between_groups{1};

constexpr std::size_t most_lines = 1'000'000;

} // namespace

/// A line on its way to the writer, which owns what is on the heap.
struct log_line {
  spdlog::details::log_msg head; ///< of its texts the sizes alone count
  std::uint64_t lost_before;     ///< lines, since the ring was made
  char* heap;                    ///< null: the texts are in `bytes`
  char bytes[200];               ///< the logger's name, then the text

  log_line() = default;
  log_line(const spdlog::details::log_msg& line, std::uint64_t lost) : head(line), lost_before(lost) {
    const auto size = line.logger_name.size() + line.payload.size();
    heap = size > sizeof bytes ? new char[size] : nullptr;
    const auto text = std::copy(line.logger_name.begin(), line.logger_name.end(), heap ? heap : bytes);
    std::copy(line.payload.begin(), line.payload.end(), text);
  }

  /// Good as long as the line stays where it is.
  spdlog::details::log_msg message() const {
    auto whole = head;
    const char* const text = heap ? heap : bytes;
    whole.logger_name = {text, head.logger_name.size()};
    whole.payload = {text + head.logger_name.size(), head.payload.size()};
    return whole;
  }
};

/// The logger behind: hands a line to each sink that wants it. Its handler of errors is told what a sink
/// throws; what that lets through must not end the process.
class log_output final : public spdlog::logger {
public:
  explicit log_output(const spdlog::logger& like) : logger(like) {}
  void write(const spdlog::details::log_msg& line) {
    try {
      sink_it_(line);
    } catch (...) {
    }
  }
  void finish() {
    try {
      flush();
    } catch (...) {
    }
  }
};

ring_sink::ring_sink(const spdlog::logger& behind, const log_ring_options& options)
    : cores_(options.cores),
      ring_(std::make_unique<mpsc_ring<log_line>>(std::min(options.waiting_max, most_lines))),
      output_(std::make_unique<log_output>(behind)) {
  writer_ = std::jthread{[this](const std::stop_token& stop) { work(stop); }};
}

ring_sink::~ring_sink() {
  writer_.request_stop();
  wake();
  writer_.join();
}

void ring_sink::log(const spdlog::details::log_msg& line) {
  const log_line copy{line, ring_->overflows()};
  if (!ring_->push(copy)) delete[] copy.heap;
  wake(); // when the line was lost, too: that is told
  if (line.level >= spdlog::level::critical) flush();
}

void ring_sink::flush() {
  if (std::this_thread::get_id() == writer_.get_id()) return; // a sink behind logs: it would wait for itself
  const auto mine = flushes_asked_.fetch_add(1, std::memory_order_acq_rel) + 1;
  wake();
  for (auto done = flushes_done_.load(std::memory_order_acquire); done < mine;
       done = flushes_done_.load(std::memory_order_acquire))
    flushes_done_.wait(done, std::memory_order_acquire);
}

void ring_sink::set_pattern(const std::string& pattern) { output_->set_pattern(pattern); }

void ring_sink::set_formatter(std::unique_ptr<spdlog::formatter> formatter) {
  output_->set_formatter(std::move(formatter));
}

std::uint64_t ring_sink::lost() const { return ring_->overflows(); }

// No wake-up is lost: of this exchange and the writer's, the later one sees what was done before the other.
void ring_sink::wake() {
  if (asleep_.exchange(false, std::memory_order_acq_rel)) asleep_.notify_one();
}

void ring_sink::work(const std::stop_token& stop) {
  platform::settle_helper_thread("vesta.log", cores_);
  for (;;) {
    bool wrote = false;
    while (write_waiting()) wrote = true;
    if (wrote) {
      std::this_thread::sleep_for(pause_between_groups);
      continue;
    }
    asleep_.exchange(true, std::memory_order_acq_rel);
    const bool last = stop.stop_requested();
    if (write_waiting()) continue;
    if (last) return;
    asleep_.wait(true, std::memory_order_acquire);
  }
}

/// False when there was nothing to do.
bool ring_sink::write_waiting() {
  const auto flushes = flushes_asked_.load(std::memory_order_acquire);
  const auto lost = ring_->overflows(), until = ring_->pushed(), before = written_;
  for (log_line next; written_ < until && ring_->pop(next); delete[] next.heap) {
    ++written_;
    tell_lost(next.lost_before);
    output_->write(next.message());
  }
  tell_lost(lost);
  // Where a thread is still copying its line, that line's flush waits for it.
  if (written_ < until || flushes == flushes_done_.load(std::memory_order_relaxed)) return written_ != before;
  output_->finish();
  flushes_done_.store(flushes, std::memory_order_release);
  flushes_done_.notify_all();
  return true;
}

void ring_sink::tell_lost(std::uint64_t lost) {
  if (lost <= lost_told_) return;
  const auto text = fmt::format("lines of the log lost here: {}; they came faster than they could be written",
                                lost - std::exchange(lost_told_, lost));
  output_->write({output_->name(), spdlog::level::err, text});
}

background_log::background_log(const log_ring_options& options)
    : logger_(spdlog::default_logger()),
      ring_(std::make_shared<ring_sink>(*logger_, options)), others_{ring_} {
  logger_->sinks().swap(others_);
}

background_log::~background_log() {
  ring_->flush();
  logger_->sinks().swap(others_);
}

} // namespace vesta
