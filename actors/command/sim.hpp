#pragma once

#include <absl/status/statusor.h>

#include "vesta/actors/command/console.hpp"
#include "vesta/actors/command/run_options.hpp"

namespace vesta::command {

/// `vesta sim`: runs a private copy of a game, plays a scenario on it, and reports. The exit status, or why
/// the input is bad; in each case nothing is left behind.
absl::StatusOr<int> run_sim(run_options options, const console& to);

} // namespace vesta::command
