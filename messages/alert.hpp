#pragma once

// What a human has to know when nothing of Vesta's could cure a failure.

#include <cstdint>
#include <string>
#include <vector>

#include "vesta/messages/message.hpp"
#include "vesta/messages/supervision.hpp"

namespace vesta {

/// What was done about one failure.
struct decision {
  std::int64_t at_ns = 0; ///< steady clock, when the failure was noticed
  error_code code = error_code::none;
  remedy chosen = remedy::restart;
  std::string text; ///< the failure's, its first 256 bytes
};
VESTA_MESSAGE(decision);

/// A failure has come up to the root, and Vesta is in safe mode.
struct alert {
  std::int64_t wall_ns = 0; ///< since 1970
  escalation what;
  std::vector<decision> tried;    ///< on its actor of late, the oldest first
  std::uint64_t failures = 0;     ///< of the whole node so far
  std::uint64_t restarts = 0;     ///< that supervisors have ordered
  std::uint64_t dead_letters = 0; ///< that are kept
};
VESTA_SHARED_MESSAGE(alert);

/// The game is about to end: send what waits at once and once, and tell the session's listener when nothing
/// waits any more.
struct close_alerts {};
VESTA_SHARED_MESSAGE(close_alerts);

} // namespace vesta
