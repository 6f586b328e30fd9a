#include <cstdlib>
#include <iostream>
#include <spdlog/spdlog.h>

#include "vesta/actors/command/command_line.hpp"
#include "vesta/platform/system_info.hpp"

int main(int count, char** values) {
  spdlog::set_level(spdlog::level::critical); // of all else the command tells in its own words
  const bool terminal = vesta::platform::output_is_terminal();
  const bool colours = terminal && std::getenv("NO_COLOR") == nullptr;
  return vesta::command::run_command({values + 1, values + count}, {std::cout, std::cerr, terminal, colours});
}
