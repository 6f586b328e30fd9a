#pragma once

// The recovery subtree: an error coordinator and the strategies that it chooses from, each an actor. A node
// that has it asks it about each failure that a retry or a rollback on the spot has not cured; one without
// it, or whose coordinator is down, goes by its actors' chains.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vesta/messages/supervision.hpp"
#include "vesta/runtime/actor.hpp"

namespace vesta {

/// What a strategy costs those who depend on the actor, so that none is tried where a milder one may do.
enum class harm : std::uint8_t {
  none,        ///< a moment
  less,        ///< it does less, or another does its work
  begins_anew, ///< what it knew may be lost
  absent,      ///< it does nothing any more
  others       ///< others begin anew, too
};

/// What the coordinator knows of a strategy before it has seen it at work.
struct strategy_info {
  std::string name; ///< its actor's
  harm costs = harm::none;
  /// Kinds of failure that it is meant for; empty: any.
  std::vector<category> helps_with = {};
  std::optional<remedy> by = {}; ///< of Vesta's own; none for a user's
};

/// A strategy of one's own: an actor with `using interface = strategy_actor`, and what it is for. Where it
/// helps it is tried before those of Vesta's that cost as much.
struct own_strategy {
  actor_spec actor;
  harm costs = harm::none;
  std::vector<category> helps_with = {};
};

/// To put below the root: `.supervisors = {recovery_tree(), ...}`. Its actors are named error_coordinator and
/// as the strategies. Throws std::invalid_argument, with a sentence, for more than eight strategies of one's
/// own, and for one whose actor is no `strategy_actor`.
supervisor_spec recovery_tree(std::vector<own_strategy> own = {});

actor_spec error_coordinator_spec(std::vector<strategy_info> known);
actor_spec retry_spec();
actor_spec fallback_spec();
actor_spec rollback_spec();
actor_spec isolate_spec();
actor_spec restart_spec();
actor_spec scale_down_spec();
actor_spec degrade_spec();
actor_spec escalate_spec();

} // namespace vesta
