#pragma once

#include <string>

#include "vesta/runtime/actor.hpp"

namespace vesta {

/// The tree for people, a line a supervisor and a line an actor, in the order of their start: rule, intensity
/// and, for each supervisor, how often an actor below it can be restarted at most before its parent hears of
/// it (`worst_case_restarts`); restart kind and chain.
std::string tree_text(const supervisor_spec& tree);

} // namespace vesta
