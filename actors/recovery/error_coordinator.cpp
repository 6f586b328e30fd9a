// error_coordinator: hears of each failure that was not cured on the spot, chooses a strategy and measures
// what comes of it. At most 16 recoveries run at once; the rest wait, the severe ones first. A strategy that
// declines or does not act in time gives way to the next. It keeps what it has learnt over its own failures;
// the recoveries that were running then are gone on with by their supervisors. Errors: none of its own.

#include <algorithm>
#include <deque>

#include "vesta/actors/recovery/recovery.hpp"
#include "vesta/actors/recovery/strategy_choice.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

constexpr std::size_t recoveries_at_once = 16;
/// More than these would be answered too late anyway.
constexpr std::size_t waiting_max = 1024;
/// From the choice to the cure; what takes longer counts as no cure.
constexpr auto recovery_limit = std::chrono::milliseconds(50);

/// Whether the message on which the actor had failed took effect after all.
bool is_cure(remedy by) { return by != remedy::set_aside && by != remedy::isolate && by != remedy::stop; }

/// An actor that fails so soon after it was parked, or after a recovery that took too long, is as ill as it
/// was. Longer than any pause before a probe.
constexpr std::int64_t relapse_ns = 120'000'000'000;

struct recovery_overdue {
  std::uint64_t failure_id = 0;
};
VESTA_MESSAGE(recovery_overdue);

class error_coordinator {
public:
  using interface = error_coordinator_actor;
  using own = own_messages<recovery_overdue>;

  error_coordinator(context& self, std::vector<strategy_info> known)
      : self_(self), known_(std::move(known)) {}

  void on(const recovery_case& what) {
    trouble here{.what = what, .kind = classify(what.cause), .tried = tried_before(what)};
    if (waiting_.size() >= waiting_max) return give_back(here);
    // Behind those that are as severe.
    const auto at = std::ranges::upper_bound(waiting_, what.cause.level, std::greater{},
                                             [](const trouble& each) { return each.what.cause.level; });
    waiting_.insert(at, std::move(here));
    begin_next();
  }

  void on(const recovery_outcome& cured) {
    if (cured.by != remedy::isolate) past_.erase(cured.actor);
    const auto it = find(cured.failure_id);
    if (it == running_.end()) return;
    if (cured.by == remedy::isolate) past_[cured.actor] = {it->tried, self_.now()};
    if (is_cure(cured.by)) {
      auto& tally = state.of(it->kind, it->strategy);
      ++tally.cures;
      tally.took_ns += self_.now() - it->began_ns;
    }
    running_.erase(it);
    begin_next();
  }

  void on(const recovery_declined& answer) {
    const auto it = find(answer.failure_id);
    if (it == running_.end()) return;
    --state.of(it->kind, it->strategy).tries; // it was none
    auto here = std::move(*it);
    running_.erase(it);
    here.tried.declined |= 1U << here.strategy;
    begin(std::move(here));
    begin_next();
  }

  void on(const recovery_overdue& what) {
    const auto it = find(what.failure_id);
    if (it == running_.end()) return;
    past_[it->what.cause.actor] = {it->tried, self_.now()};
    running_.erase(it);
    begin_next();
  }

  strategy_record state;

private:
  /// What was in vain since an actor was last well.
  struct attempts {
    std::array<std::uint32_t, strategies_max> made{}; ///< by each strategy
    std::uint32_t declined = 0;                       ///< bits of the strategies that know no more
  };
  /// A failure on the way to its cure.
  struct trouble {
    recovery_case what;
    category kind = category::unknown;
    attempts tried;
    std::size_t strategy = 0;
    std::int64_t began_ns = 0;
  };
  struct past_trouble {
    attempts tried;
    std::int64_t at_ns = 0;
  };

  std::vector<trouble>::iterator find(std::uint64_t failure_id) {
    return std::ranges::find(running_, failure_id, [](const trouble& each) { return each.what.cause.id; });
  }

  /// Ends the recovery that has led to this failure; what was tried then is not tried again.
  attempts tried_before(const recovery_case& what) {
    attempts tried;
    if (const auto it = find(what.previous); it != running_.end()) {
      tried = it->tried;
      running_.erase(it);
    } else if (const auto past = past_.extract(what.cause.actor);
               past && self_.now() - past.mapped().at_ns < relapse_ns) {
      tried = past.mapped().tried;
    }
    return tried;
  }

  void begin(trouble here) {
    const auto chosen = choose(known_, by_rule(known_, here.what), here.tried.declined, here.kind, state);
    if (!chosen) return give_back(here);
    here.strategy = *chosen;
    here.began_ns = self_.now();
    ++state.of(here.kind, *chosen).tries;
    self_.send(self_.peer<strategy_actor>(known_[*chosen].name),
               recovery_order{here.what, here.tried.made[*chosen]++});
    self_.after(recovery_limit, recovery_overdue{here.what.cause.id});
    running_.push_back(std::move(here));
  }

  void begin_next() {
    while (!waiting_.empty() && running_.size() < recoveries_at_once) {
      auto next = std::move(waiting_.front());
      waiting_.pop_front();
      begin(std::move(next));
    }
  }

  void give_back(const trouble& here) {
    self_.send(
        here.what.supervisor,
        recovery_step{.failure_id = here.what.cause.id, .actor = here.what.cause.actor, .decided = false});
  }

  context& self_;
  const std::vector<strategy_info> known_;             ///< places are bits and columns of the record
  std::unordered_map<std::string, past_trouble> past_; ///< of actors that are parked, or take long
  std::vector<trouble> running_;
  std::deque<trouble> waiting_; ///< the most severe first
};

} // namespace

/// A rollback would leave it with recoveries that its state knows nothing of.
actor_spec error_coordinator_spec(std::vector<strategy_info> known) {
  return spec_of<error_coordinator>(
      {.name = "error_coordinator", .chain = {{remedy::restart}, {remedy::isolate}}}, std::move(known));
}

} // namespace vesta
