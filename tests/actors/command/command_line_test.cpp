#include "vesta/actors/command/command_line.hpp"

#include <cstdlib>
#include <sstream>

#include "vesta/actors/command/core_table.hpp"
#include "vesta/platform/files.hpp"

using Catch::Contains;
using namespace vesta;
using namespace vesta::command;

namespace {

struct answer {
  int status = 0;
  std::string out, err;
};

answer vesta_says(const std::vector<std::string>& arguments) {
  std::ostringstream out, err;
  const int status = run_command(arguments, {out, err});
  return {status, out.str(), err.str()};
}

/// The sentence about bad input: one line, exit status 2, and no report.
std::string refusal(const std::vector<std::string>& arguments) {
  const auto said = vesta_says(arguments);
  CHECK(said.status == bad_input);
  CHECK(said.out.empty());
  CHECK_THAT(said.err, Catch::StartsWith("vesta: ") && Catch::EndsWith("\n"));
  CHECK(std::count(said.err.begin(), said.err.end(), '\n') == 1);
  return said.err;
}

struct folder {
  std::string path = *platform::real_files().make_temporary_directory("vesta_test_");
  ~folder() { platform::real_files().remove(path).IgnoreError(); }
  std::string add(const std::string& name, const std::string& text) const {
    REQUIRE(platform::real_files().write(path + "/" + name, text).ok());
    return path + "/" + name;
  }
};

const std::string city_folder = VESTA_SOURCE_DIR "/examples/city";

} // namespace

TEST_CASE("the doctor says what becomes of each core, and how the machine was read") {
  const auto said = vesta_says({"doctor"});
  const auto survey = platform::survey_cores();
  REQUIRE(survey.ok());
  CHECK_THAT(said.out, Contains("(" + survey->chosen.origin + ")"));
  for (const auto& line : core_table(survey->cores)) CHECK_THAT(said.out, Contains(line + "\n"));
}

TEST_CASE("help and version are printed and nothing is wrong") {
  CHECK(vesta_says({"--version"}).out == "vesta " VESTA_VERSION "\n");
  const auto help = vesta_says({"--help"});
  CHECK(help.status == as_expected);
  CHECK_THAT(help.out, Contains("sim") && Contains("watch") && Contains("doctor"));
  CHECK_THAT(vesta_says({"sim", "--help"}).out, Contains("--performance-cores") && Contains("--scenario"));
}

TEST_CASE("the table of errors is a page") {
  const auto said = vesta_says({"errors"});
  CHECK(said.status == as_expected);
  CHECK_THAT(said.out, Catch::StartsWith("# Errors") && Contains("compile_failed"));
}

TEST_CASE("the supervision tree is shown") {
  const auto said = vesta_says({"tree"});
  CHECK(said.status == as_expected);
  CHECK_THAT(said.out,
             Catch::StartsWith("root ") && Contains("error_coordinator") && Contains("frame_clock"));
}

TEST_CASE("an unknown command or option is named with the nearest known one") {
  CHECK_THAT(refusal({}), Contains("say what to do"));
  CHECK_THAT(refusal({"sin"}), Contains("unknown command sin") && Contains("did you mean \"sim\""));
  CHECK_THAT(refusal({"sim", "--secnds", "3"}),
             Contains("--secnds") && Contains("did you mean \"--seconds\""));
  CHECK_THAT(refusal({"sim", "--sed=3"}), Contains("unknown option --sed;"));
  CHECK_THAT(refusal({"--versoin"}), Contains("did you mean \"--version\""));
  CHECK_THAT(refusal({"sim", "a", "b"}), Contains("one argument too many: \"b\""));
  CHECK_THAT(refusal({"doctor", "now"}), Contains("one argument too many"));
  CHECK_THAT(refusal({"sim", "--seconds"}), Contains("--seconds"));
  CHECK_THAT(refusal({"watch"}), Contains("DIR") && Contains("vesta watch --help"));
  CHECK_THAT(refusal({"watch", "--set"}), Contains("vesta watch --help"));
}

TEST_CASE("a number that is none or out of its range is refused") {
  CHECK_THAT(refusal({"sim", "--seconds", "soon"}), Contains("--seconds soon"));
  CHECK_THAT(refusal({"sim", "--seconds", "0"}), Contains("above 0"));
  CHECK_THAT(refusal({"sim", "--seconds", "nan"}), Contains("--seconds nan"));
  CHECK_THAT(refusal({"sim", "--seed", "-1"}), Contains("--seed -1"));
  CHECK_THAT(refusal({"sim", "--seed", "1.5"}), Contains("whole number"));
}

TEST_CASE("what top is asked for has to be a process that shows a game") {
  CHECK_THAT(refusal({"top", "city"}), Contains("top city: give the number of a process"));
  CHECK_THAT(refusal({"top", "0"}), Contains("top 0"));
  CHECK_THAT(refusal({"top", "2147483647"}), Contains("there is no process 2147483647"));
  CHECK_THAT(refusal({"top", "1", "--once"}), Contains("process 1 is no game under Vesta"));
  CHECK_THAT(refusal({"top", "1", "2"}), Contains("one argument too many"));
}

TEST_CASE("a core that does not exist is refused") {
  CHECK_THAT(refusal({"sim", "--performance-cores", "one"}),
             Contains("--performance-cores") && Contains("'one'"));
  CHECK_THAT(refusal({"sim", "--efficiency-cores", "1000"}), Contains("core 1000 does not exist"));
}

TEST_CASE("a game's folder that is missing, a file or without a game.toml is refused") {
  const folder empty;
  CHECK_THAT(refusal({"sim", empty.path + "/no"}), Contains("there is no folder"));
  CHECK_THAT(refusal({"watch", empty.path}), Contains("has no game.toml"));
  CHECK_THAT(refusal({"sim", empty.add("file", "")}), Contains("is a file"));
  empty.add("game.toml", "name = 3");
  CHECK_THAT(refusal({"sim", empty.path}), Contains(empty.path + "/game.toml:1"));
}

TEST_CASE("a webhook that is no URL to post to is refused before anything runs, and not shown") {
  for (const auto* url : {"hooks.example/secret", "ftp://host/secret", "http://"})
    CHECK_THAT(refusal({"sim", city_folder, "--scenario", "none", "--alert-webhook", url}),
               Contains("--alert-webhook") && Contains("https://HOST/PATH") && !Contains("secret"));
  ::setenv("VESTA_ALERT_WEBHOOK", "secret", 1);
  CHECK_THAT(refusal({"watch", city_folder}), Contains("VESTA_ALERT_WEBHOOK") && !Contains("secret"));
  ::unsetenv("VESTA_ALERT_WEBHOOK");
}

TEST_CASE("a scenario that is missing or wrong is refused before anything runs") {
  const folder here;
  CHECK_THAT(refusal({"sim", city_folder, "--scenario", here.path + "/no.toml"}),
             Contains("there is no scenario " + here.path + "/no.toml; name a file"));
  CHECK_THAT(refusal({"sim", city_folder, "--set", "map=/nope.cty"}),
             Contains("/nope.cty") && Contains("--set map=FILE"));
  CHECK_THAT(refusal({"sim", city_folder, "--set", "map=/nope.cty", "--seconds", "1"}),
             Contains("/nope.cty"));
  CHECK_THAT(refusal({"sim", city_folder, "--set", "citizens=0", "--seconds", "1"}), Contains("citizens"));
  const auto wrong =
      here.add("wrong.toml", "seconds = 3\n[[steps]]\nat = 1\naction = \"edit\"\n"
                             "file = \"modules/fire.cpp\"\nfind = \"no such text\"\nreplace = \"\"\n");
  CHECK_THAT(refusal({"sim", city_folder, "--scenario", wrong}),
             Contains("wrong.toml:3") && Contains("no such text"));
  CHECK_THAT(refusal({"sim", city_folder, "--seconds", "1"}), Contains("--seconds 1 ends before"));
}

TEST_CASE("a report that could not be written is found out before anything runs, and nothing is left") {
  const folder here;
  CHECK_THAT(refusal({"sim", city_folder, "--json", here.path}), Contains("is a folder"));
  CHECK_THAT(refusal({"sim", city_folder, "--json", here.path + "/no/report.json"}),
             Contains("/no/report.json: there is no folder " + here.path + "/no;") && !Contains(".probe"));
  const auto wrong = here.add("wrong.toml", "seconds = 0\n");
  refusal({"sim", city_folder, "--scenario", wrong, "--json", here.path + "/report.json"});
  CHECK(platform::real_files().list(here.path)->size() == 1);
}
