#include "vesta/actors/command/scenario.hpp"

#include "vesta/platform/files_simulated.hpp"

using Catch::Contains;
using namespace vesta;
using namespace vesta::command;

namespace {

const char* const game_text = R"(
name = "pond"
tuning = "tuning.toml"
[parameters.depth]
default = 3
min = 0
max = 9
[tables.pond]
rows = 1
[[modules]]
name = "fish"
source = "modules/fish.cpp"
)";

struct pond {
  platform::virtual_clock time;
  platform::simulated_files files{time};
  game_description game = *parse_game(game_text, "game.toml");

  pond() {
    REQUIRE(files.make_directory("/pond/modules").ok());
    REQUIRE(files.write("/pond/modules/fish.cpp", "int fish = 1;\nint crab = 1;\n").ok());
    REQUIRE(files.write("/pond/tuning.toml", "depth = 3\n").ok());
  }
  /// What is wrong with a scenario of 10 seconds with these steps; empty: nothing.
  std::string problem(const std::string& steps) {
    auto parsed = parse_scenario("seconds = 10\n" + steps, "tour.toml");
    if (!parsed.ok()) return std::string(parsed.status().message());
    return std::string(check_scenario(*parsed, files, "/pond", game).message());
  }
};

std::string edit(const std::string& find, const std::string& replace, const std::string& more = "") {
  return "[[steps]]\nat = 1\naction = \"edit\"\nfile = \"modules/fish.cpp\"\nfind = \"" + find +
         "\"\nreplace = \"" + replace + "\"\n" + more;
}

} // namespace

TEST_CASE("a scenario is read with its steps, their expectations and its length") {
  const auto read = parse_scenario("seconds = 4.5\n" + edit("a", "b", "expect = \"rolled_back\"\n") +
                                       "[[steps]]\nat = 2\naction = \"kill\"\nactor = \"versioning\"\n"
                                       "[[steps]]\nat = 3\naction = \"tune\"\nname = \"depth\"\nvalue = 5\n",
                                   "tour.toml");
  REQUIRE(read.ok());
  CHECK(read->length_s == 4.5);
  REQUIRE(read->steps.size() == 3);
  CHECK(title_of(read->steps[0]) == "edit modules/fish.cpp");
  CHECK(read->steps[0].expect == "rolled_back");
  CHECK(title_of(read->steps[1]) == "kill versioning");
  CHECK(read->steps[1].actor == "versioning");
  CHECK(read->crowd.actors == 0);
  CHECK(read->steps[1].expect == "cured");
  CHECK(title_of(read->steps[2]) == "tune depth = 5");
  CHECK(read->steps[2].expect == "live");
}

TEST_CASE("an unknown key, action or expectation is an error with its line and the nearest known word") {
  pond p;
  CHECK_THAT(p.problem("[[steps]]\nat = 1\naction = \"edti\"\n"),
             Contains("tour.toml:4") && Contains("did you mean \"edit\""));
  CHECK_THAT(p.problem(edit("a", "b", "expect = \"rolled_bakc\"\n")),
             Contains("tour.toml:8") && Contains("did you mean \"rolled_back\""));
  CHECK_THAT(p.problem(edit("a", "b", "expectt = \"live\"\n")), Contains("unknown key \"expectt\""));
  CHECK_THAT(p.problem("steeps = 3\n"), Contains("did you mean \"steps\""));
}

TEST_CASE("a scenario that cannot happen in time or leaves the game is refused") {
  pond p;
  CHECK_THAT(p.problem("[[steps]]\nat = 11\naction = \"kill\"\nactor = \"a\"\n"), Contains("after the end"));
  CHECK_THAT(
      p.problem("[[steps]]\nat = 5\naction = \"kill\"\nactor = \"a\"\n[[steps]]\nat = 4\naction = \"kill\"\n"
                "actor = \"a\"\n"),
      Contains("tour.toml:7") && Contains("before the step above"));
  CHECK_THAT(
      p.problem("[[steps]]\nat = 1\naction = \"edit\"\nfile = \"../x\"\nfind = \"a\"\nreplace = \"b\"\n"),
      Contains("outside of the game"));
  CHECK_THAT(std::string(parse_scenario("seconds = 0", "tour.toml").status().message()), Contains("above 0"));
  CHECK_THAT(std::string(parse_scenario("seconds =", "tour.toml").status().message()), Contains("not TOML"));
}

TEST_CASE("an edit whose text is missing or there twice is found before anything runs") {
  pond p;
  CHECK(p.problem(edit("fish = 1", "fish = 2")) == "");
  CHECK_THAT(p.problem(edit("shark", "b")),
             Contains("tour.toml:3") && Contains("does not hold") && Contains("shark"));
  CHECK_THAT(p.problem(edit(" = 1", " = 2")), Contains("more than once"));
}

TEST_CASE("edits are checked on what the earlier ones leave, and the files stay as they are") {
  pond p;
  CHECK(p.problem(edit("fish = 1", "fish = 2") + edit("fish = 2", "fish = 3")) == "");
  CHECK_THAT(p.problem(edit("fish = 1", "fish = 2") + edit("fish = 1", "fish = 3")), Contains("tour.toml:9"));
  CHECK(*p.files.read("/pond/modules/fish.cpp", 1000) == "int fish = 1;\nint crab = 1;\n");
}

TEST_CASE("a parameter that the game does not have cannot be tuned, nor beyond its bounds") {
  pond p;
  const std::string tune = "[[steps]]\nat = 1\naction = \"tune\"\n";
  CHECK(p.problem(tune + "name = \"depth\"\nvalue = 5\n") == "");
  CHECK_THAT(p.problem(tune + "name = \"dept\"\nvalue = 5\n"), Contains("depth"));
  CHECK_THAT(p.problem(tune + "name = \"depth\"\nvalue = 50\n"),
             Contains("tour.toml:3") && Contains("depth"));
  CHECK(p.problem(tune + "name = \"depth\"\nvalue = 50\nexpect = \"refused\"\n") == "");
}

TEST_CASE("a scenario may bring a crowd, and say what it can and what it needs") {
  const auto read = parse_scenario("seconds = 4\n[crowd]\nactors = 20\nable = [\"retry\", \"degrade\"]\n"
                                   "needs = \"well\"\nrestarts = 2\ndeadline_ms = 50\nset_aside = 3\n"
                                   "[[steps]]\nat = 1\naction = \"demand\"\nrows = 800\n"
                                   "[[steps]]\nat = 2\naction = \"release\"\nactor = \"crowd_3\"\n",
                                   "storm.toml");
  INFO(read.status().message());
  REQUIRE(read.ok());
  const auto& crowd = read->crowd;
  CHECK(crowd.actors == 20);
  CHECK((crowd.can_retry && crowd.can_degrade && !crowd.can_fall_back && !crowd.can_scale_down));
  CHECK(crowd.needs_well);
  CHECK(crowd.restarts == 2);
  CHECK(crowd.deadline == std::chrono::milliseconds(50));
  CHECK(crowd.set_aside == 3);
  CHECK(title_of(read->steps[0]) == "demand 800 rows");
  CHECK(read->steps[0].expect == "");
  CHECK(title_of(read->steps[1]) == "release crowd_3");
}

TEST_CASE("what a crowd and its steps cannot be is an error with its line") {
  pond p;
  const std::string fail = "[[steps]]\nat = 1\naction = \"fail\"\n", crowd = "[crowd]\nactors = 2\n";
  CHECK_THAT(p.problem("[crowd]\nactors = 0\n"), Contains("tour.toml:3") && Contains("from 1 to"));
  CHECK_THAT(p.problem(crowd + "able = [\"fly\"]\n"), Contains("\"fly\"") && Contains("scale_down"));
  CHECK_THAT(p.problem(crowd + "needs = \"wel\"\n"), Contains("did you mean \"well\""));
  CHECK_THAT(p.problem("[[steps]]\nat = 1\naction = \"demand\"\nrows = 1\n"), Contains("add [crowd]"));
  CHECK_THAT(p.problem("[[steps]]\nat = 1\naction = \"expect\"\nactor = \"a\"\n"),
             Contains("about the step before"));
  CHECK_THAT(p.problem(fail + "actor = \"a\"\nshare = 0.5\n"), Contains("star"));
  CHECK_THAT(p.problem(fail + "actor = \"a*\"\nshare = 1.5\n"), Contains("at most 1"));
  CHECK_THAT(p.problem(fail + "actor = \"a\"\nkind = \"netwerk\"\n"), Contains("\"network\""));
  CHECK_THAT(p.problem(fail + "actor = \"a\"\nwhere = \"stall\"\n"), Contains("stall_ms"));
  CHECK_THAT(p.problem(fail + "actor = \"a\"\nstall_ms = 5\n"), Contains("where = \"stall\""));
  CHECK_THAT(p.problem(fail + "actor = \"a\"\ntimes = 0\n"), Contains("from 1 to 1000"));
  CHECK(p.problem(fail + "actor = \"a\"\nkind = \"memory\"\ntimes = 3\nframes = 60\n") == "");
}

TEST_CASE("a star means all whose names begin so, or an even share of them") {
  const std::vector<std::string_view> names = {"ant", "bee_0", "bee_1", "bee_2", "bee_3", "bee_4"};
  const auto found = [&](const std::string& actor, double share) {
    scenario what{
        .file = "tour.toml", .length_s = 5, .steps = {{.action = kill_step{}, .place = "tour.toml:4"}}};
    what.steps[0].actor = actor;
    what.steps[0].share = share;
    const auto status = find_actors(what, names);
    return status.ok() ? what.steps[0].actors : std::vector{std::string(status.message())};
  };
  CHECK(found("bee_1", 1) == std::vector<std::string>{"bee_1"});
  CHECK(found("bee_*", 1).size() == 5);
  CHECK(found("bee_*", 0.5) == std::vector<std::string>{"bee_0", "bee_1", "bee_3"});
  CHECK(found("*", 0.5) == std::vector<std::string>{"ant", "bee_1", "bee_3"});
  CHECK_THAT(found("bea_1", 1)[0], Contains("tour.toml:4") && Contains("did you mean \"bee_1\""));
  CHECK_THAT(found("cow_*", 1)[0], Contains("begins with \"cow_\""));
}

TEST_CASE("tuning replaces the parameter's line or adds one, and leaves the others") {
  CHECK(text_after(tune_step{"", "depth", 5}, "# how deep\ndepth = 3\nwidth = 1\n") ==
        "# how deep\ndepth = 5\nwidth = 1\n");
  CHECK(text_after(tune_step{"", "dep", 0.5}, "depth = 3") == "depth = 3\ndep = 0.5\n");
}
