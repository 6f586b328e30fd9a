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
    return {scenario{"tour.toml", 10, std::move(steps)}, files, "/pond", [this](const scenario_step& step) {
              killed = actor_of(step);
              return true;
            }};
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
  auto player = p.play({{1, kill_step{"versioning"}, "cured", "tour.toml:1"}});
  REQUIRE(player.due(second, 101 * second, p.report)->has_value());
  CHECK(p.killed == "versioning");
  cured_failure failed;
  failed.what.actor = "versioning";
  failed.what.at_ns = 101 * second;
  p.report.failures.push_back(failed);
  CHECK_FALSE(player.judge(p.report)[0].ok);
  p.report.failures[0].by = "restart";
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
