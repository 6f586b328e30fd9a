#pragma once

#include "vesta/actors/command/console.hpp"

namespace vesta::command {

/// `vesta doctor`: prints cores one by one, compilers, linkers and kernel features, and a line for each thing
/// that is missing or would be slow. `not_as_expected` when Vesta cannot work without one of them.
int run_doctor(const console& to);

} // namespace vesta::command
