#include "vesta/actors/command/scenario_player.hpp"

#include "vesta/platform/files_simulated.hpp"

using namespace vesta;
using namespace vesta::command;

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// A change as developer_tools reports it.
change_report changed(std::uint64_t number, const std::string& file, std::int64_t saved_ns,
                      verdict_on_change verdict) {
  change_report change;
  change.change = number;
  change.files = file;
  change.times.saved_ns = saved_ns;
  change.verdict = verdict;
  return change;
}

scenario_step edit_at(double at_s, const std::string& find, const std::string& replace,
                      const std::string& expect) {
  return {at_s, edit_step{"fish.cpp", find, replace}, expect, "tour.toml:1"};
}

scenario_step kill_at(double at_s, const std::vector<std::string>& actors, const std::string& expect) {
  return {.at_s = at_s,
          .action = kill_step{},
          .expect = expect,
          .place = "tour.toml:1",
          .actor = actors.front(),
          .actors = actors};
}

cured_failure failed_at(std::int64_t at_ns, const std::string& actor, const std::string& by) {
  cured_failure failed;
  failed.what.actor = actor;
  failed.what.at_ns = at_ns;
  failed.by = by;
  return failed;
}

struct played {
  platform::virtual_clock time;
  platform::simulated_files files{time};
  std::string killed;
  run_report report;

  played() {
    REQUIRE(files.make_directory("/pond").ok());
    REQUIRE(files.write("/pond/fish.cpp", "one").ok());
  }
  scenario_player play(std::vector<scenario_step> steps) {
    return {scenario{"tour.toml", 10, std::move(steps)}, files, "/pond",
            [this](const scenario_step& step) { killed = step.actors.front(); }};
  }
  std::string file() const { return *files.read("/pond/fish.cpp", 100); }
};

} // namespace

TEST_CASE("a step is performed at its time and not before") {
  played p;
  auto player = p.play({edit_at(2, "one", "two", "live")});
  CHECK(*player.due(second, 101 * second, p.report) == std::nullopt);
  CHECK(p.file() == "one");
  CHECK(*player.due(2 * second, 102 * second, p.report) == "edit fish.cpp");
  CHECK(p.file() == "two");
  CHECK(*player.due(3 * second, 103 * second, p.report) == std::nullopt);
}

TEST_CASE("a step waits for the verdict on the one before it, but not for ever") {
  played p;
  auto player = p.play({edit_at(1, "one", "two", "live"), edit_at(2, "two", "three", "live")});
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  CHECK(*player.due(5 * second, 105 * second, p.report) == std::nullopt);
  SECTION("the verdict comes") {
    p.report.changes.push_back(changed(1, "fish.cpp", 101 * second, verdict_on_change::live));
    CHECK(player.due(6 * second, 106 * second, p.report)->has_value());
    CHECK_FALSE(player.over(106 * second, p.report));
    p.report.changes.push_back(changed(2, "fish.cpp", 106 * second, verdict_on_change::live));
    CHECK(player.over(106 * second, p.report));
  }
  SECTION("patience ends") {
    CHECK(player.due(40 * second, 101 * second + scenario_player::patience_ns, p.report)->has_value());
    CHECK(player.judge(p.report)[0].got == "nothing");
  }
}

TEST_CASE("each step is judged by its own change, whatever else changed") {
  played p;
  auto player = p.play({edit_at(1, "one", "two", "live"), edit_at(2, "two", "three", "compile_error")});
  p.report.changes = {changed(0, "fish.cpp", 100 * second, verdict_on_change::live),
                      changed(1, "fish.cpp", 99 * second, verdict_on_change::refused)};
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  p.report.changes.push_back(changed(2, "crab.cpp", 101 * second, verdict_on_change::failed));
  p.report.changes.push_back(changed(3, "fish.cpp", 101 * second, verdict_on_change::superseded));
  p.report.changes.push_back(changed(4, "modules/fish.cpp", 101 * second, verdict_on_change::live));
  REQUIRE(player.due(2 * second, 102 * second, p.report)->has_value());
  CHECK(player.judge(p.report)[1].got == "nothing");
  p.report.changes.push_back(changed(5, "fish.cpp", 102 * second, verdict_on_change::compile_error));
  const auto rows = player.judge(p.report);
  CHECK(rows[0].ok);
  CHECK(rows[1].ok);
  CHECK(rows[1].got == "compile_error");
}

TEST_CASE("a change that was live and is taken back counts as taken back") {
  played p;
  auto player = p.play({edit_at(1, "one", "two", "rolled_back")});
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  p.report.changes.push_back(changed(1, "fish.cpp", 101 * second, verdict_on_change::live));
  CHECK_FALSE(player.judge(p.report)[0].ok);
  p.report.changes.push_back(changed(1, "fish.cpp", 101 * second, verdict_on_change::rolled_back));
  CHECK(player.judge(p.report)[0].ok);
}

TEST_CASE("a kill went as expected once its actor has been cured") {
  played p;
  auto player = p.play({kill_at(1, {"versioning"}, "cured")});
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  CHECK(p.killed == "versioning");
  p.report.failures.push_back(failed_at(101 * second, "versioning", ""));
  CHECK_FALSE(player.judge(p.report)[0].ok);
  p.report.failures[0].by = "restart";
  CHECK(player.judge(p.report)[0].ok);
  p.report.failures[0].by = "isolate"; // is none
  CHECK_FALSE(player.judge(p.report)[0].ok);
  CHECK(player.judge(p.report)[0].got == "isolate");
}

TEST_CASE(
    "a step that concerns several actors is over once all of them are, and names who had another cure") {
  played p;
  auto player = p.play({kill_at(1, {"ant", "bee"}, "restart")});
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  p.report.failures = {failed_at(101 * second, "ant", "restart")};
  CHECK(player.judge(p.report)[0].got == "nothing");
  p.report.failures.push_back(failed_at(102 * second, "bee", "retry"));
  CHECK(player.judge(p.report)[0].got == "retry of bee");
  p.report.failures[1].by = "restart";
  CHECK(player.judge(p.report)[0].ok);
}

TEST_CASE("an escalation counts, although restarts in vain come before it") {
  played p;
  auto player = p.play({kill_at(1, {"ant"}, "escalate"), kill_at(2, {"ant"}, "restart")});
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  p.report.failures = {failed_at(101 * second, "ant", "restart"), failed_at(101 * second, "ant", "escalate")};
  CHECK(player.judge(p.report)[0].ok);
}

TEST_CASE("a cure that takes more frames than it may is none") {
  played p;
  auto step = kill_at(1, {"ant"}, "restart");
  step.frames = 10;
  auto player = p.play({step});
  p.report.frames.frames = 100;
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  p.report.failures = {failed_at(101 * second, "ant", "restart")};
  const auto frame = GENERATE(as<std::uint64_t>{}, 110, 111);
  p.report.frames.frames = frame;
  REQUIRE(player.due(2 * second, 102 * second, p.report).ok()); // sees it
  p.report.frames.frames = 500;
  const auto row = player.judge(p.report)[0];
  CHECK(row.ok == (frame == 110));
  if (!row.ok) CHECK(row.got == "restart after 11 frames instead of 10 at the most");
}

TEST_CASE("what a step does to others is expected of the moment before it") {
  played p;
  auto also = kill_at(1, {"bee"}, "fallback");
  also.action = expect_step{};
  auto player = p.play({kill_at(1, {"ant"}, "restart"), also});
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  p.report.failures = {failed_at(101 * second, "ant", "restart"), failed_at(102 * second, "bee", "fallback")};
  REQUIRE(player.due(3 * second, 103 * second, p.report)->has_value());
  CHECK(player.judge(p.report)[1].ok);
}

TEST_CASE("a step that expects nothing is over at once") {
  played p;
  auto release = kill_at(1, {"ant"}, "");
  release.action = release_step{};
  auto player = p.play({release});
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  CHECK(p.killed == "ant");
  CHECK(player.over(101 * second, p.report));
  CHECK(player.judge(p.report)[0].ok);
}

TEST_CASE("a step that was not reached did not go as expected") {
  played p;
  const auto rows = p.play({edit_at(1, "one", "two", "live")}).judge(p.report);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].got == "not reached");
  CHECK_FALSE(rows[0].ok);
}

TEST_CASE("a file that somebody else changed under the scenario is an error with the step's place") {
  played p;
  auto player = p.play({edit_at(1, "one", "two", "live")});
  REQUIRE(p.files.write("/pond/fish.cpp", "two").ok());
  const auto done = player.due(second, 101 * second, p.report);
  REQUIRE_FALSE(done.ok());
  CHECK_THAT(std::string(done.status().message()), Catch::StartsWith("tour.toml:1: fish.cpp"));
}
