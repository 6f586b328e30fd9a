#pragma once

#include <caf/fwd.hpp>

#include <cstddef>
#include <optional>

#include "vesta/platform/topology.hpp"
#include "vesta/runtime/driven_scheduler.hpp"

namespace vesta {

struct tick_request {
  /// Nanoseconds of real time that this tick may take.
  platform::nanoseconds budget = 0;
  /// How much later it is for the actors than at the last tick: 0 is a pause, a fixed step is a fixed step.
  /// Unset: as much as it is for the host. Where several threads tick, one of them says it, and the others 0.
  std::optional<platform::nanoseconds> advance = {};
  /// Actors of this class alone; unset: of both, those of the performance class first. Actors that may run
  /// anywhere count as efficiency.
  std::optional<platform::core_class> only = {};
};

struct tick_report {
  std::size_t turns = 0;          ///< actors that were run, each for one message or a batch
  std::size_t waiting = 0;        ///< actors that are ready and had no turn any more
  platform::nanoseconds left = 0; ///< of the budget; below 0 when it was overshot
  /// Until the next timer, in the actors' time; unset when there is none.
  std::optional<platform::nanoseconds> next_timer = {};
};

/// CAF's scheduler without a thread of its own: actors run inside `tick`, on the thread that calls it. The
/// host owns the loop, the cores and the time.
///
/// A tick begins a turn only when what that actor's messages took before fits into what is left of the
/// budget, and looks at the clock after each message; so a tick overshoots by one handler at most whose cost
/// it could not know. At least one turn is given.
///
/// Who waits for an actor meanwhile, as `node::ask` does, runs all that is ready. Where the last tick has
/// said how late it is, no time passes for that, unless nobody has anything to do before it is later.
class hosted_scheduler : public driven_scheduler {
public:
  /// Several threads may tick at once; each actor runs on one of them at a time.
  virtual tick_report tick(const tick_request& wanted) = 0;
};

/// Gives the system that is made from `config` this scheduler.
void use_hosted_scheduler(caf::actor_system_config& config);

} // namespace vesta
