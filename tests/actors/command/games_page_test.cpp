// The game in docs/GAMES.md runs as it stands there.

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "platform/compiled_module.hpp"
#include "support/quiet_log.hpp"
#include "vesta/actors/command/command_line.hpp"

using namespace vesta::command;
using namespace vesta::test;

namespace {

/// The page's code blocks below a line that is a file's name in backticks, by that name.
std::map<std::string, std::string> files_of(const std::string& page) {
  std::map<std::string, std::string> files;
  std::istringstream in(page);
  std::string line, name;
  while (std::getline(in, line)) {
    if (line.starts_with("```") && !name.empty()) {
      while (std::getline(in, line) && line != "```") files[name] += line + "\n";
      name.clear();
    } else {
      const bool is_name = line.size() > 2 && line.front() == '`' && line.find('`', 1) == line.size() - 1;
      name = is_name ? line.substr(1, line.size() - 2) : "";
    }
  }
  return files;
}

} // namespace

TEST_CASE("the game from scratch in docs/GAMES.md plays its scenario as expected", "[engine]") {
  const quiet_log quiet;
  const auto files = files_of(read_bytes(std::filesystem::path(VESTA_SOURCE_DIR) / "docs/GAMES.md"));
  REQUIRE(files.size() == 5);
  const scratch_directory folder;
  for (const auto& [name, text] : files) {
    const auto path = folder / ("pond/" + name);
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::ostringstream out, err;
  const int status = run_command({"sim", folder / "pond"}, {out, err});
  INFO(out.str() << err.str());
  CHECK(status == as_expected);
  CHECK(out.str().find("all 4 steps went as expected") != std::string::npos);
}
