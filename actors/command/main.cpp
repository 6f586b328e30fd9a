#include <cstdlib>
#include <iostream>

#include "vesta/actors/command/command_line.hpp"
#include "vesta/platform/system_info.hpp"

int main(int count, char** values) {
  const bool terminal = vesta::platform::output_is_terminal();
  const bool colours = terminal && std::getenv("NO_COLOR") == nullptr;
  return vesta::command::run_command({values + 1, values + count}, {std::cout, std::cerr, terminal, colours});
}
