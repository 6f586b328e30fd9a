#pragma once

#include <string>

#include "vesta/actors/command/console.hpp"
#include "vesta/actors/command/run_summary.hpp"

namespace vesta::command {

/// The table at the end of a run, at most 100 columns wide but for texts of modules and compilers.
std::string report_text(const run_summary& run, const console& to);

} // namespace vesta::command
