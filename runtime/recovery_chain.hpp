#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <vector>

#include "vesta/runtime/actor.hpp"

namespace vesta {

/// The restarts that a supervisor has counted. OTP's rule (`supervisor.erl`, add_restart): those with t >=
/// now - period are kept, the new one is added, and all is well while their number is at most `count`.
class restart_history {
public:
  /// Counts a restart at `now_ns`; false when it is one too many.
  bool allow(const restart_intensity& intensity, std::int64_t now_ns);

private:
  std::deque<std::int64_t> times_ns_;
};

/// Where an actor stands in its chain for the failure that it has not got over yet.
struct chain_position {
  std::uint64_t message_number = 0; ///< of the message that failed; 0: none, the actor failed without one
  std::size_t step = 0;
  unsigned tries = 0; ///< of this step
};

struct chain_choice {
  remedy action = remedy::isolate;
  std::chrono::nanoseconds pause{0};
  /// The actor does it by itself and at once: a retry or a rollback without a pause, up to `on_the_spot_max`
  /// times on one message.
  bool on_the_spot = false;
};
inline constexpr unsigned on_the_spot_max = 16;

/// What an actor tells its supervisor of a failure: the record, and what its chain says.
struct child_failed {
  failure what;
  chain_choice choice;
};
VESTA_LOCAL_MESSAGE(child_failed);

/// What a child can do, as far as the chain asks.
struct abilities {
  bool repeatable = false;
  bool keeps_state = false;
  bool has_standby = false;
  bool scales = false;
  bool degrades = false;
};

abilities abilities_of(const actor_spec& spec);
/// Whether the remedy can help against this failure: retry where the handler is repeatable, rollback where
/// state is kept, these and set_aside where a message was in hand, and so on.
bool can_help(remedy action, const failure& what, const abilities& able);

/// The step's pause, doubled with each try up to a hundredfold, and up to a quarter more or less by `chance`
/// in [0, 1).
std::chrono::nanoseconds pause_before(const chain_step& step, unsigned tries, double chance);

/// The next remedy for a failure, and the position moved on. Steps that cannot help are skipped. A chain that
/// has come to its end isolates. Pure: `chance` in [0, 1) is the jitter's random number.
chain_choice next_remedy(std::span<const chain_step> chain, chain_position& position, const failure& what,
                         const abilities& able, double chance);

} // namespace vesta
