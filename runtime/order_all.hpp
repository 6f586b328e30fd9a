#pragma once

#include <caf/fwd.hpp>

#include <vector>

#include "vesta/messages/supervision.hpp"

namespace vesta::detail {

/// Gives many logical actors one order, a good deal faster than by a message each: workers go from one actor
/// to the next, and those that wait for a message obey on the spot, with no envelope and no turn of their
/// own. The others get it as a message. Each obeys on cores that it may use. Any thread.
void order_all(caf::actor_system& system, std::vector<caf::strong_actor_ptr> actors,
               const end_incarnation& order);
void order_all(caf::actor_system& system, std::vector<caf::strong_actor_ptr> actors, const stop_actor& order);

} // namespace vesta::detail
