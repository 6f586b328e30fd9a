#pragma once

#include "vesta/actors/command/console.hpp"
#include "vesta/platform/files.hpp"

namespace vesta::command {

/// `vesta doctor`: prints cores one by one, compilers, linkers and kernel features, and a line for each thing
/// that is missing or would be slow. `not_as_expected` when Vesta cannot work without one of them.
int run_doctor(const console& to);

/// Why no game can be built in the temporary folder `place`: it takes no files, or has not even the room of
/// one small build. Leaves nothing behind.
absl::Status check_temporary(platform::file_system& files, const std::string& place);

} // namespace vesta::command
