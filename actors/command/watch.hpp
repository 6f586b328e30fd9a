#pragma once

#include <absl/status/statusor.h>

#include "vesta/actors/command/console.hpp"
#include "vesta/actors/command/run_options.hpp"

namespace vesta::command {

/// `vesta watch`: runs the game in its own folder and tells of each edit what became of it. The exit status,
/// or why the input is bad.
absl::StatusOr<int> run_watch(run_options options, const console& to);

} // namespace vesta::command
