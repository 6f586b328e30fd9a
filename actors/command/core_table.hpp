#pragma once

#include <string>
#include <vector>

#include "vesta/platform/topology.hpp"

namespace vesta::command {

/// The machine's cores as the lines of a table, for `vesta doctor`: a heading, then a line a core. Kinds are
/// ranked from 0, the most economical, up; siblings are the other hardware threads of the same physical core.
std::vector<std::string> core_table(const std::vector<platform::core_row>& cores);

} // namespace vesta::command
