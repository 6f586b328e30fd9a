#pragma once

#include <caf/fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <limits>

#include "vesta/runtime/driven_scheduler.hpp"

namespace vesta {

/// Where a simulation stops, whichever comes first.
struct run_limits {
  /// Nanoseconds of virtual time, up to 100 years. 0: what is ready at this moment, and what that makes
  /// ready.
  platform::nanoseconds time = 0;
  /// Turns of actors, each for one message or a few.
  std::size_t turns = std::numeric_limits<std::size_t>::max();
};

struct simulated_run {
  std::size_t turns = 0;
  platform::nanoseconds passed = 0; ///< of virtual time
  /// All of the time has passed, nobody is ready, and no timer is due. False: the turns ran out.
  bool idle = false;
  /// A digest of all turns since the system began: of each its number, its moment, its actor, and the types
  /// of its messages. The same in every process that does the same.
  std::uint64_t trace = 0;
};

/// CAF's scheduler for simulations: one thread, a virtual clock that jumps to the next timer when nobody is
/// ready, and chance. A seed chooses who of all that are ready runs next, how many messages it handles, and
/// the order of the timers of one moment; so it reaches orders that first in, first out never shows. Handlers
/// take no virtual time.
///
/// The same seed, tree and calls give the same run, step by step: no other clock is looked at, and placement
/// and load count for nothing. All of it is used from one thread, sends included; what comes from another one
/// is not supported, and a data race.
class simulated_scheduler : public driven_scheduler {
public:
  virtual simulated_run run(const run_limits& until) = 0;
};

/// Gives the system that is made from `config` this scheduler.
void use_simulated_scheduler(caf::actor_system_config& config, std::uint64_t seed);

} // namespace vesta
