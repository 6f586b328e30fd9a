#include "support/journal_file.hpp"
#include "support/quiet_log.hpp"
#include "support/toy.hpp"
#include "vesta/actors/actors.hpp"

using namespace vesta;
using namespace vesta::test;

namespace {

/// Developer tools, without what they write to the terminal.
struct office : among_recorders<developer_tools_actor> {
  office() : among_recorders(developer_tools_spec(), {}) {}

  run_report report() {
    return actors()
        .ask<run_report>(actors().find<developer_tools_actor>("developer_tools"), report_request{})
        .value();
  }

private:
  const quiet_log quiet_;
};

constexpr std::int64_t ms = 1'000'000;

} // namespace

TEST_CASE("the report counts frames and says why some were late", "[concurrent]") {
  office play;
  for (std::uint64_t i = 1; i <= 10; ++i) play.tell(frame_done{.frame = i, .took_ns = 2 * ms});
  play.tell(frame_done{
      .frame = 11, .took_ns = 18'200'000, .late = true, .why = "traffic in district 2", .swapped = true});
  const auto frames = play.report().frames;
  CHECK(frames.frames == 11);
  CHECK(frames.late == 1);
  CHECK(frames.late_why == std::vector<std::string>{"frame 11, 18.2 ms: traffic in district 2"});
  CHECK(frames.times.count == 11);
  CHECK(frames.times.max_ns == 18'200'000);
  CHECK(frames.swap_times.count == 1);
}

TEST_CASE("late frames are all counted and the first hundred explained", "[concurrent]") {
  office play;
  for (int i = 0; i < 150; ++i) play.tell(frame_done{.late = true});
  const auto frames = play.report().frames;
  CHECK(frames.late == 150);
  CHECK(frames.late_why.size() == 100);
}

TEST_CASE("a change's later report takes the place of its earlier one", "[concurrent]") {
  office play;
  play.tell(change_report{.change = 1, .verdict = verdict_on_change::live});
  play.tell(change_report{.change = 2, .verdict = verdict_on_change::compile_error});
  play.tell(change_report{.change = 1, .verdict = verdict_on_change::rolled_back});
  const auto changes = play.report().changes;
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].verdict == verdict_on_change::rolled_back);
  CHECK(changes[1].verdict == verdict_on_change::compile_error);
}

TEST_CASE("a failure is kept with what cured it", "[concurrent]") {
  office play;
  play.tell(failure_seen{{.id = 1, .actor = "district_0"}, remedy::restart});
  play.tell(failure_seen{{.id = 2, .actor = "versioning"}, remedy::rollback});
  play.tell(recovered{.failure_id = 1, .actor = "district_0", .by = remedy::restart, .took_ns = 5});
  const auto failures = play.report().failures;
  REQUIRE(failures.size() == 2);
  CHECK(failures[0].by == "restart");
  CHECK(failures[0].took_ns == 5);
  CHECK(failures[1].by.empty());
}

TEST_CASE("an actor that began anew with its group is back by escalation", "[concurrent]") {
  office play;
  play.tell(failure_seen{.what = {.id = 1, .actor = "fire"}, .chosen = remedy::restart});
  play.tell(failure_seen{.what = {.id = 2, .actor = "fire"}, .chosen = remedy::escalate});
  play.tell(recovered{.failure_id = 2, .actor = "fire", .by = remedy::restart});
  const auto failures = play.report().failures;
  REQUIRE(failures.size() == 2);
  CHECK(failures[0].by == "restart");
  CHECK(failures[1].by == "escalate");
}

TEST_CASE("module failures and the newest totals are in the report", "[concurrent]") {
  office play;
  play.tell(
      module_failed{.change = 1, .module = "power", .code = error_code::module_crashed, .text = "SIGSEGV"});
  play.tell(totals_seen{60, {{"funds", 1}}});
  play.tell(totals_seen{120, {{"funds", 2}}});
  const auto report = play.report();
  REQUIRE(report.module_failures.size() == 1);
  CHECK(report.module_failures[0].module == "power");
  CHECK(report.last_totals.frame == 120);
  CHECK(report.last_totals.totals.at(0).value == 2);
}

TEST_CASE("the times of steps are kept by module, and one that did not run has none", "[concurrent]") {
  office play;
  play.tell(frame_done{.frame = 1, .steps_ns = {2 * ms, 5 * ms}});
  play.tell(frame_done{.frame = 2, .steps_ns = {4 * ms, -1}});
  const auto modules = play.report().modules;
  REQUIRE(modules.size() == 2);
  CHECK(modules[0].module == "alpha");
  CHECK(modules[0].steps.count == 2);
  CHECK(modules[0].steps.max_ns == 4 * ms);
  CHECK(modules[1].steps.count == 1);
}

TEST_CASE("a module is shown with the version that runs and the state of its newest one", "[concurrent]") {
  office play;
  const auto move = [&](std::uint64_t version, lifecycle from, lifecycle to) {
    play.tell(lifecycle_moved{"alpha", version, from, to, "a test"});
  };
  const auto alpha = [&] { return play.report().modules.at(0); };
  move(1, lifecycle::staged, lifecycle::probation);
  move(1, lifecycle::probation, lifecycle::active);
  CHECK((alpha().version == 1 && alpha().at == lifecycle::active));
  move(2, lifecycle::discovered, lifecycle::building);
  CHECK((alpha().version == 1 && alpha().at == lifecycle::building));
  move(2, lifecycle::building, lifecycle::unloaded);
  CHECK((alpha().version == 1 && alpha().at == lifecycle::active));
  move(3, lifecycle::staged, lifecycle::probation);
  CHECK((alpha().version == 3 && alpha().at == lifecycle::probation));
  move(3, lifecycle::probation, lifecycle::quarantined);
  CHECK((alpha().version == 1 && alpha().at == lifecycle::active));
  move(4, lifecycle::staged, lifecycle::probation);
  move(1, lifecycle::active, lifecycle::draining);
  move(1, lifecycle::draining, lifecycle::unloaded);
  move(4, lifecycle::probation, lifecycle::active);
  CHECK((alpha().version == 4 && alpha().at == lifecycle::active));
}

TEST_CASE("a module keeps its last error, and is parked until it gets a new version", "[concurrent]") {
  office play;
  const auto alpha = [&] { return play.report().modules.at(0); };
  play.tell(change_report{
      .modules = {"alpha"}, .verdict = verdict_on_change::compile_error, .code = error_code::compile_failed});
  CHECK(alpha().last_error == error_code::compile_failed);
  CHECK(alpha().failures == 0);
  play.tell(module_failed{.change = 0, .module = "alpha", .code = error_code::module_crashed});
  CHECK(alpha().last_error == error_code::module_crashed);
  CHECK(alpha().failures == 1);
  CHECK(alpha().parked);
  play.tell(lifecycle_moved{"alpha", 2, lifecycle::staged, lifecycle::probation, "a test"});
  CHECK_FALSE(alpha().parked);
  play.tell(module_failed{.change = 9, .module = "alpha", .code = error_code::module_hung});
  CHECK_FALSE(alpha().parked);
}

TEST_CASE("a report of a thousand failures grows no further", "[concurrent]") {
  office play;
  for (int i = 0; i < 1100; ++i) play.tell(module_failed{});
  CHECK(play.report().module_failures.size() == 1000);
}

TEST_CASE("the report outlives the incarnation that kept it", "[concurrent]") {
  office play;
  for (std::uint64_t i = 1; i <= 300; ++i) play.tell(frame_done{.frame = i, .took_ns = 1});
  play.report();
  play.actors()->kill("developer_tools", "a test");
  CHECK(play.report().frames.frames == 300);
}

TEST_CASE("changes are written to the journal once, also when a rollback runs them again") {
  const quiet_log quiet;
  const journal_file file;
  {
    const auto book = *journal::open(file.path());
    services lent;
    lent.lend(*book);
    std::vector<actor_spec> actors;
    actors.push_back(developer_tools_spec());
    test_node play{std::move(actors), restart_intensity{}, std::move(lent)};
    const auto tools = play.find<developer_tools_actor>("developer_tools");
    for (std::uint64_t i = 1; i <= 3; ++i)
      play.send(tools, change_report{.change = i, .files = "fire.cpp", .verdict = verdict_on_change::live});
    play.ask<run_report>(tools, report_request{});
    play->kill("developer_tools", "a test");
    CHECK(play.ask<run_report>(tools, report_request{})->changes.size() == 3);
  }
  CHECK(file.texts() ==
        std::vector<std::string>{"change 1 of fire.cpp", "change 2 of fire.cpp", "change 3 of fire.cpp"});
}
