#pragma once

// What supervisors, the error coordinator and the strategies tell each other about one failure.

#include <caf/actor.hpp>

#include <chrono>
#include <cstdint>
#include <string>

#include "vesta/messages/supervision.hpp"

namespace vesta {

/// A set of remedies.
class remedy_set {
public:
  void add(remedy each) { bits_ |= bit(each); }
  bool has(remedy each) const { return (bits_ & bit(each)) != 0; }

private:
  static std::uint32_t bit(remedy each) { return 1U << static_cast<unsigned>(each); }
  std::uint32_t bits_ = 0;
};

/// A failure that its supervisor asks about. It goes on by itself when it hears nothing in time.
struct recovery_case {
  failure cause;
  remedy_set able;              ///< what can help this actor against this failure
  std::uint32_t load_steps = 0; ///< how often `scale_down` takes load from it
  std::uint32_t features = 0;   ///< that `degrade` can switch off
  std::uint64_t previous = 0;   ///< the failure that came before, when nothing has cured the actor since
  caf::actor patient;           ///< the actor that failed
  caf::actor supervisor;        ///< carries out `recovery_step`
};
VESTA_LOCAL_MESSAGE(recovery_case);

/// What the supervisor is to do.
struct recovery_step {
  std::uint64_t failure_id = 0;
  std::string actor;
  bool decided = true; ///< false: nobody knows a cure; the actor's own chain goes on
  remedy action = remedy::isolate;
  std::chrono::nanoseconds pause{0}; ///< before it
};
VESTA_LOCAL_MESSAGE(recovery_step);

/// The actor works again, or is parked.
struct recovery_outcome {
  std::uint64_t failure_id = 0;
  std::string actor;
  remedy by = remedy::restart;
};
VESTA_LOCAL_MESSAGE(recovery_outcome);

/// To a strategy: its turn. It answers the case's supervisor with a `recovery_step`, or the coordinator with
/// `recovery_declined`.
struct recovery_order {
  recovery_case what;
  std::uint32_t attempt = 0; ///< how often this strategy has been tried on this trouble before
};
VESTA_LOCAL_MESSAGE(recovery_order);

/// From a strategy that does not know what to do, or no more.
struct recovery_declined {
  std::uint64_t failure_id = 0;
};
VESTA_LOCAL_MESSAGE(recovery_declined);

} // namespace vesta
