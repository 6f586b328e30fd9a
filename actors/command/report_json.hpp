#pragma once

#include <string>

#include "vesta/actors/command/run_summary.hpp"

namespace vesta::command {

/// The run as JSON, for machines: keys with their units, null for what did not happen. Keys are added, never
/// renamed.
std::string report_json(const run_summary& run);

} // namespace vesta::command
