#include <catch2/catch.hpp>

#include <fmt/format.h>

#include "vesta/platform/files_simulated.hpp"
#include "vesta/runtime/game.hpp"

using namespace vesta;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

constexpr const char* city = R"(name = "city"
tuning = "tuning.toml"
[frame]
rate_hz = 50
budget_ms = 12.5
[parameters.citizens]
default = 1000
min = 1
max = 10_000
unit = "people"
about = "who live here"
[parameters.birth_rate]
default = 0.5
min = 0
max = 1
[parameters.map]
file = "maps/small.cty"
[tables.tiles]
rows = 12000
[tables.tiles.columns.kind]
type = "u16"
count = 2
initial = 7
[tables.citizens]
rows = "citizens"
[[modules]]
name = "map"
source = "modules/map.cpp"
flags = ["-O2"]
[[modules]]
name = "fire"
source = "modules/fire.cpp"
)";

game_description good() { return *parse_game(city, "games/city/game.toml"); }

std::string message(const absl::Status& status) { return std::string(status.message()); }

} // namespace

TEST_CASE("a game.toml becomes a description in the order of the file") {
  const auto game = good();
  CHECK(game.name == "city");
  CHECK(game.rate_hz == 50);
  CHECK(game.budget_ms == 12.5);
  CHECK(game.tuning == "tuning.toml");
  REQUIRE(game.parameters.size() == 2);
  CHECK(game.parameters[0].name == "citizens");
  CHECK(game.parameters[0].unit == "people");
  CHECK(game.parameters[0].sets_rows);
  CHECK(game.parameters[1].value == 0.5);
  REQUIRE(game.files.size() == 1);
  CHECK(game.files[0].path == "games/city/maps/small.cty");
  REQUIRE(game.tables.size() == 2);
  CHECK(row_count(game, game.tables[0]) == 12000);
  CHECK(row_count(game, game.tables[1]) == 1000);
  REQUIRE(game.tables[0].columns.size() == 1);
  CHECK(game.tables[0].columns[0].type == VESTA_U16);
  CHECK(game.tables[0].columns[0].count == 2);
  CHECK(game.tables[0].columns[0].initial == 7);
  REQUIRE(game.modules.size() == 2);
  CHECK(game.modules[0].name == "map");
  CHECK(game.modules[0].flags == std::vector<std::string>{"-O2"});
  CHECK(game.modules[1].source == "modules/fire.cpp");
}

TEST_CASE("a bad game.toml is refused with file, line and remedy") {
  struct bad_line {
    std::string from, to, sentence;
  };
  const auto [from, to, sentence] = GENERATE(values<bad_line>({
      {"name = \"city\"", "name = ", "g.toml:1: this is not TOML"},
      {"name = \"city\"", "name = \"two words\"", "g.toml:1: \"two words\" cannot be the name of a game"},
      {"name = \"city\"\n", "", "g.toml:1: the file has no \"name\"; add it"},
      {"rate_hz = 50", "rats_hz = 50",
       "g.toml:4: unknown key \"rats_hz\" in [frame]; did you mean \"rate_hz\"?"},
      {"rate_hz = 50", "rate_hz = 0", "g.toml:4: \"rate_hz\" has to be above 0 and at most 1000, not 0"},
      {"rate_hz = 50", "rate_hz = \"fast\"",
       "g.toml:4: \"rate_hz\" in [frame] has to be a number, not a text"},
      {"rate_hz = 50", "rate_hz = nan", "g.toml:4: \"rate_hz\" in [frame] has to be a finite number"},
      {"budget_ms = 12.5", "budget_ms = -1", "g.toml:5: \"budget_ms\" has to be above 0"},
      {"[frame]", "[frames]", "g.toml:3: unknown key \"frames\" in the file; did you mean \"frame\"?"},
      {"default = 1000\n", "", "g.toml:6: [parameters.citizens] has no \"default\""},
      {"default = 1000", "default = 0",
       "g.toml:7: parameter \"citizens\" has the default 0, outside of its bounds"},
      {"default = 1000", "default = 1.5", "so its default has to be a whole number, not 1.5"},
      {"min = 1\n", "", "so its min has to be at least 1"},
      {"max = 10_000", "max = 0", "a min of 1 above its max of 0"},
      {"[parameters.citizens]", "[parameters.9lives]", "\"9lives\" cannot be the name of a parameter"},
      {"file = \"maps/small.cty\"", "file = 3",
       "\"file\" in [parameters.map] has to be a text in quotes, not 3"},
      {"rows = 12000", "rows = 0",
       "\"rows\" in [tables.tiles] has to be a whole number from 1 to 4000000000, not 0"},
      {"rows = 12000", "rows = -3", "not -3"},
      {"rows = \"citizens\"", "rows = \"citizen\"",
       "which is no numeric parameter; did you mean \"citizens\"?"},
      {"type = \"u16\"", "type = \"word\"", "column tiles.kind has the unknown type \"word\""},
      {"initial = 7", "initial = 70000", "column tiles.kind is u16 and cannot begin with 70000"},
      {"count = 2", "count = 0",
       "\"count\" in [tables.tiles.columns.kind] has to be a whole number from 1 to 4096"},
      {"name = \"fire\"", "name = \"map\"", "there are two modules named \"map\""},
      {"modules/fire.cpp", "../fire.cpp", "give a path inside of the game's folder"},
      {"flags = [\"-O2\"]", "flags = \"-O2\"",
       "\"flags\" in [[modules]] has to be a list of texts, not a text"},
      {"flags", "flag", "unknown key \"flag\" in [[modules]]; did you mean \"flags\"?"},
  }));
  std::string text = city;
  REQUIRE(text.find(from) != std::string::npos);
  text.replace(text.find(from), from.size(), to);
  const auto game = parse_game(text, "g.toml");
  REQUIRE_FALSE(game.ok());
  CHECK_THAT(message(game.status()), StartsWith("g.toml:") && Contains(sentence));
}

TEST_CASE("a game without modules is refused") {
  const auto game = parse_game("name = \"city\"", "g.toml");
  REQUIRE_FALSE(game.ok());
  CHECK_THAT(message(game.status()), Contains("has no modules"));
}

TEST_CASE("a game is read from its folder, with the files that its modules ask for") {
  vesta::platform::virtual_clock clock;
  vesta::platform::simulated_files files(clock);
  REQUIRE(files.make_directory("/city/maps").ok());
  CHECK_FALSE(read_game(files, "/city").ok());
  REQUIRE(files.write("/city/game.toml", city).ok());
  auto game = *read_game(files, "/city");
  CHECK(game.file == "/city/game.toml");
  CHECK_THAT(message(read_files(files, game).status()), Contains("/city/maps/small.cty"));
  REQUIRE(files.write("/city/maps/small.cty", "roads").ok());
  CHECK(read_files(files, game)->at("map") == "roads");
  REQUIRE(apply_override(game, "map=").ok());
  CHECK(read_files(files, game)->empty());
}

TEST_CASE("an override sets a number or a file") {
  auto game = good();
  REQUIRE(apply_override(game, "citizens=5000").ok());
  REQUIRE(apply_override(game, "map=/tmp/a=b.cty").ok());
  CHECK(row_count(game, game.tables[1]) == 5000);
  CHECK(game.files[0].path == "/tmp/a=b.cty");
}

TEST_CASE("a bad override is refused and changes nothing") {
  const auto [text, sentence] = GENERATE(values<std::pair<std::string, std::string>>({
      {"citizens=0", "citizens = 0 is outside of its bounds 1 to 10000 people"},
      {"citizens=1000000000000", "is outside of its bounds"},
      {"citizens=2.5", "give a whole number"},
      {"citizens=many", "\"many\" is not a number"},
      {"citizens=12x", "\"12x\" is not a number"},
      {"citizens=nan", "\"nan\" is not a number"},
      {"citizens=", "is not a number"},
      {"citizens", "write it as NAME=VALUE"},
      {"=5", "write it as NAME=VALUE"},
      {"citicens=5", "did you mean \"citizens\"?"},
  }));
  auto game = good();
  const auto status = apply_override(game, text);
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(message(status), StartsWith("--set") && Contains(sentence));
  CHECK(game.parameters[0].value == 1000);
}

TEST_CASE("a tuning file wins over defaults and an override over both") {
  auto game = good();
  CHECK(parse_tuning("birth_rate = 0.25", "t.toml", game)->at("birth_rate") == 0.25);
  CHECK(parse_tuning("", "t.toml", game)->at("birth_rate") == 0.5);
  REQUIRE(apply_override(game, "birth_rate=0.75").ok());
  CHECK(parse_tuning("birth_rate = 0.25", "t.toml", game)->at("birth_rate") == 0.75);
}

TEST_CASE("a bad tuning file is refused with its line") {
  const auto [text, sentence] = GENERATE(values<std::pair<std::string, std::string>>({
      {"\nbirth_rat = 1",
       "t.toml:2: \"birth_rat\" is no numeric parameter of the game \"city\"; did you mean"},
      {"birth_rate = 2", "t.toml:1: birth_rate = 2 is outside of its bounds 0 to 1"},
      {"birth_rate = true", "has to be a number, not true or false"},
      {"citizens = 5", "fixed when the game begins"},
      {"map = \"x\"", "is no numeric parameter"},
      {"birth_rate", "this is not TOML"},
  }));
  const auto values = parse_tuning(text, "t.toml", good());
  REQUIRE_FALSE(values.ok());
  CHECK_THAT(message(values.status()), Contains(sentence));
}
