#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "vesta/runtime/node.hpp"

namespace vesta::command {

/// A scenario's own actors, `[crowd]`: simple ones that keep a count, named crowd_0 and on. Each gets 50
/// messages a second with so many rows to work through, in memory that has room for a few hundred of them,
/// and a book is kept of which were handled. With them can be played what a game's agents are too few for, or
/// too healthy.
struct crowd_options {
  std::uint32_t actors = 0; ///< 0: there is none
  /// What its actors can, beside rollback and restart.
  bool can_retry = false, can_fall_back = false, can_scale_down = false, can_degrade = false;
  bool needs_well = false; ///< they ask another actor, "well", and fail when it has not answered three times
  std::uint32_t restarts = 1000;         ///< in five seconds, before their supervisor gives up
  std::chrono::milliseconds deadline{0}; ///< of their handlers; 0: none
  std::uint64_t set_aside = 0;           ///< messages that have to be set aside, in all
};

/// The subtrees to put below the root: the crowd, and what it needs. Empty without a crowd.
std::vector<supervisor_spec> crowd_tree(const crowd_options& options);

/// The rows of each message from now on; the first call begins the work, and 0 ends it.
void set_demand(node& actors, std::uint32_t rows);
inline constexpr std::uint32_t usual_demand = 100;

/// What became of the crowd's messages.
struct crowd_account {
  std::uint64_t sent = 0, handled = 0, set_aside = 0;
  std::uint64_t twice = 0;    ///< handled once more than they should
  std::uint64_t disorder = 0; ///< handled after a later one
  std::uint64_t lost() const { return sent - std::min(sent, handled + set_aside); }
};

/// As it stands now; of messages on their way it says that they are lost. After set_demand(0) that passes.
crowd_account account_of(node& actors);
/// "1,200 sent, 1 set aside, 0 lost"; what must not be is named where it is.
std::string account_text(const crowd_account& account);
/// Whether no message was lost or handled twice, so many were set aside as the scenario says, and none was
/// handled after a later one, of which nothing is promised where a standby takes over.
bool is_as_expected(const crowd_account& account, const crowd_options& options);

} // namespace vesta::command
