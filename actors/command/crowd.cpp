#include "vesta/actors/command/crowd.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <fmt/format.h>
#include <memory_resource>
#include <optional>

#include "vesta/actors/command/figures.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/circuit_breaker.hpp"

namespace vesta::command {

struct crowd_work {
  std::uint32_t member = 0;
  std::uint64_t number = 0; ///< counted from 1 for each member
  std::uint32_t rows = 0;
};
VESTA_LOCAL_MESSAGE(crowd_work);

struct crowd_done {
  std::uint32_t member = 0;
  std::uint64_t number = 0;
};
VESTA_LOCAL_MESSAGE(crowd_done);

struct crowd_demand {
  std::uint32_t rows = 0;
};
VESTA_LOCAL_MESSAGE(crowd_demand);

struct crowd_beat {};
VESTA_MESSAGE(crowd_beat);

struct crowd_question {};
VESTA_MESSAGE(crowd_question);
VESTA_MESSAGE(crowd_account);

struct well_question {};
VESTA_MESSAGE(well_question);
struct well_water {};
VESTA_MESSAGE(well_water);

/// Of one member's messages.
struct crowd_page {
  std::uint64_t sent = 0, handled = 0, twice = 0, disorder = 0;
  std::uint64_t highest = 0;          ///< that was handled
  std::vector<std::uint64_t> missing; ///< below that
};
VESTA_MESSAGE(crowd_page);

struct crowd_book_state {
  std::uint32_t rows = 0;
  std::vector<crowd_page> pages; ///< by member
};
VESTA_MESSAGE(crowd_book_state);

struct crowd_member_state {
  std::uint64_t handled = 0;
};

namespace {

using crowd_actor = caf::typed_actor<caf::reacts_to<crowd_work>>;
using crowd_book_actor = caf::typed_actor<caf::reacts_to<crowd_done>, caf::reacts_to<crowd_demand>,
                                          caf::replies_to<crowd_question>::with<crowd_account>>;
using well_actor = caf::typed_actor<caf::replies_to<well_question>::with<well_water>>;

constexpr auto beat_every = std::chrono::milliseconds(20);
/// For one message's work. A row takes 8 bytes, and as many for each feature that is on.
constexpr std::size_t room_bytes = 16 * 1024;
const std::vector<std::string> crowd_features = {"detail", "colour"};

/// As the coordinator would choose, for a machine so busy that it does not answer in time.
chain_steps crowd_chain() {
  return {{remedy::retry, 5, std::chrono::milliseconds(1)},
          {remedy::rollback},
          {remedy::fallback},
          {remedy::scale_down, 2},
          {remedy::degrade, 2},
          {remedy::restart, 4},
          {remedy::isolate}};
}

std::string member_name(std::uint32_t index) { return fmt::format("crowd_{}", index); }

/// One of the crowd, or its standby, which needs no well and can do whatever comes.
class crowd_member {
public:
  using interface = crowd_actor;
  using own = own_messages<answer<well_water>>;

  crowd_member(context& self, bool needs_well)
      : self_(self), book_(self.peer<crowd_book_actor>("book")), well_(self.peer<well_actor>("well")),
        needs_well_(needs_well) {}

  void on(const crowd_work& what) {
    work(what.rows);
    if (needs_well_) ask_well();
    ++state.handled;
    self_.send(book_, crowd_done{what.member, what.number});
  }

  void on(const answer<well_water>& what) {
    if (permit_) breaker_.record(*permit_, what.code == error_code::none, self_.now());
    permit_.reset();
  }

  void adapt(const service_level& to) { level_ = to; }

  crowd_member_state state;

private:
  /// Throws std::bad_alloc where its room is too small.
  void work(std::uint32_t rows) const {
    alignas(std::max_align_t) std::array<std::byte, room_bytes> room;
    std::pmr::monotonic_buffer_resource memory(room.data(), room.size(), std::pmr::null_memory_resource());
    const auto mine = static_cast<std::size_t>(rows * level_.load);
    const auto columns = 1 + crowd_features.size() - level_.features_off;
    std::pmr::vector<std::pmr::vector<std::uint64_t>> table(&memory);
    table.reserve(columns);
    while (table.size() < columns) table.emplace_back(mine, table.size());
  }

  /// Without water it lives on what it has, for a while.
  void ask_well() {
    if (permit_) return;
    permit_ = breaker_.enter(self_.now());
    if (!permit_)
      throw actor_error(error_code::actor_isolated, category::network, "the well gives no answer any more");
    self_.ask(well_, well_question{}, beat_every);
  }

  context& self_;
  const crowd_book_actor book_;
  const well_actor well_;
  const bool needs_well_;
  service_level level_;
  circuit_breaker breaker_{{.window_calls = 3, .min_calls = 3, .failure_percent = 100}};
  std::optional<circuit_breaker::permit> permit_; ///< of the question that is open
};

class crowd_well {
public:
  using interface = well_actor;
  explicit crowd_well(context&) {}
  well_water on(const well_question&) { return {}; }
};

/// Hands out the work and keeps the book.
class crowd_book {
public:
  using interface = crowd_book_actor;
  using own = own_messages<crowd_beat>;

  crowd_book(context& self, std::uint32_t actors) : self_(self) {
    state.pages.resize(actors);
    for (std::uint32_t i = 0; i < actors; ++i) members_.push_back(self.peer<crowd_actor>(member_name(i)));
  }

  void on(const crowd_demand& what) {
    if (state.rows == 0) self_.after(beat_every, crowd_beat{});
    state.rows = what.rows;
  }

  void on(const crowd_beat&) {
    if (state.rows == 0) return;
    for (std::uint32_t i = 0; i < members_.size(); ++i)
      self_.send(members_[i], crowd_work{i, ++state.pages[i].sent, state.rows});
    self_.after(beat_every, crowd_beat{});
  }

  void on(const crowd_done& what) {
    auto& page = state.pages[what.member];
    if (what.number > page.highest) {
      while (++page.highest < what.number) page.missing.push_back(page.highest);
    } else if (std::erase(page.missing, what.number) > 0) {
      ++page.disorder;
    } else {
      ++page.twice;
      return;
    }
    ++page.handled;
  }

  crowd_account on(const crowd_question&) {
    crowd_account all;
    for (const auto& page : state.pages) {
      all.sent += page.sent;
      all.handled += page.handled;
      all.twice += page.twice;
      all.disorder += page.disorder;
    }
    return all;
  }

  crowd_book_state state;

private:
  context& self_;
  std::vector<crowd_actor> members_;
};

/// Of the crowd's messages, not of a fault that waited for one in vain.
std::uint64_t set_aside_by(node& actors) {
  const auto letters = actors.dead_letters().list();
  return static_cast<std::uint64_t>(std::ranges::count(letters, "crowd_work", &dead_letter::message));
}

} // namespace

std::vector<supervisor_spec> crowd_tree(const crowd_options& options) {
  if (options.actors == 0) return {};
  supervisor_spec crowd{.name = "crowd",
                        .intensity = {.count = options.restarts, .period = std::chrono::seconds(5)}};
  for (std::uint32_t i = 0; i < options.actors; ++i)
    crowd.actors.push_back(
        spec_of<crowd_member>({.name = member_name(i),
                               .where = placement::efficiency(),
                               .chain = crowd_chain(),
                               .repeatable = options.can_retry,
                               .handler_deadline = options.deadline,
                               .standby = options.can_fall_back ? "standby" : "",
                               .features = options.can_degrade ? crowd_features : std::vector<std::string>{},
                               .least_load = options.can_scale_down ? 0.25 : 1},
                              options.needs_well));
  return {
      {.name = "crowds_helpers",
       .actors = {spec_of<crowd_book>({.name = "book", .checkpoint_every = 256}, options.actors),
                  spec_of<crowd_member>({.name = "standby"}, false), spec_of<crowd_well>({.name = "well"})}},
      std::move(crowd)};
}

void set_demand(node& actors, std::uint32_t rows) {
  actors.send(actors.find<crowd_book_actor>("book"), crowd_demand{rows});
}

crowd_account account_of(node& actors) {
  const auto book = actors.find<crowd_book_actor>("book");
  auto account = actors.ask<crowd_account>(book, crowd_question{}).value_or(crowd_account{});
  account.set_aside = set_aside_by(actors);
  return account;
}

std::string account_text(const crowd_account& account) {
  auto text = fmt::format("{} sent, {} set aside, {} lost", grouped(account.sent), grouped(account.set_aside),
                          grouped(account.lost()));
  if (account.twice > 0) text += fmt::format(", {} handled twice", grouped(account.twice));
  if (account.disorder > 0) text += fmt::format(", {} out of order", grouped(account.disorder));
  return text;
}

bool is_as_expected(const crowd_account& account, const crowd_options& options) {
  return account.sent > 0 && account.lost() == 0 && account.twice == 0 &&
         account.set_aside == options.set_aside && (options.can_fall_back || account.disorder == 0);
}

} // namespace vesta::command
