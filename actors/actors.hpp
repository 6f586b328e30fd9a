#pragma once

#include <vector>

#include "vesta/actors/recovery/recovery.hpp"
#include "vesta/runtime/actor.hpp"

namespace vesta {

/// The specs of all actors in actors.def.
#define VESTA_ACTOR(name, supervisor) actor_spec name##_spec();
#define district_spec() district_spec(std::uint32_t index)
#include "vesta/actors/actors.def"
#undef district_spec
#undef VESTA_ACTOR

/// The whole tree for a world of so many districts, with the host's own recovery strategies and supervisors.
supervisor_spec vesta_tree(std::uint32_t districts, std::vector<own_strategy> strategies = {},
                           std::vector<supervisor_spec> own = {});

} // namespace vesta
