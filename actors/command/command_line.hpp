#pragma once

#include <string>
#include <vector>

#include "vesta/actors/command/console.hpp"

namespace vesta::command {

/// The `vesta` command. `arguments` come without the program's name; returns an `exit_status`. What the user
/// got wrong is one sentence on `to.err`.
int run_command(const std::vector<std::string>& arguments, const console& to);

} // namespace vesta::command
