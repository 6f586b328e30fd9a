#include "vesta/runtime/control_desk.hpp"

#include "support/counter.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/platform/shared_page_simulated.hpp"
#include "vesta/runtime/game.hpp"
#include "vesta/runtime/node.hpp"

#include <catch2/catch.hpp>

using namespace vesta;
using namespace vesta::test;

namespace {

constexpr std::int64_t ms = 1'000'000;

struct shown_game {
  platform::virtual_clock time;
  platform::simulated_shared_pages pages;
  node actors{{.hosted = true}, {.name = "root", .actors = {spec_of<listener>({.name = "ear"})}}, {}};
  const game_description game{.name = "town", .rate_hz = 50, .budget_ms = 20};
  control_desk desk{time, game};

  shown_game() {
    actors.start();
    desk.connect(actors);
  }
  control_page page(int pid = 7) { return *read_control_page(**pages.open(control_page_name(pid))); }
};

run_report report_of(std::uint64_t frames) {
  run_report report;
  report.frames.frames = frames;
  return report;
}

} // namespace

TEST_CASE("a desk shows its game at most ten times a second") {
  shown_game play;
  play.time.advance(5 * ms);
  REQUIRE(play.desk.open(play.pages, 7).ok());
  play.desk.show(report_of(1));
  const auto page = play.page();
  CHECK(page.header.frame == 1);
  CHECK(page.header.pid == 7);
  CHECK(name_in(page.header.game) == "town");
  CHECK(page.header.rate_hz == 50);
  CHECK(page.header.budget_ns == 20 * ms);
  CHECK(page.header.begun_ns == 0);
  CHECK(page.header.written_ns == 5 * ms);
  play.time.advance(99 * ms);
  play.desk.show(report_of(2));
  CHECK(play.page().header.frame == 1);
  play.time.advance(1 * ms);
  play.desk.show(report_of(3));
  CHECK(play.page().header.frame == 3);
}

TEST_CASE("a desk sweeps what dead games left, and leaves the page of a living one alone") {
  shown_game play;
  control_desk first(play.time, play.game), dead(play.time, play.game);
  REQUIRE(dead.open(play.pages, 6).ok());
  play.pages.kill("vesta.6");
  REQUIRE(first.open(play.pages, 7).ok());
  CHECK(play.pages.list("vesta.") == std::vector<std::string>{"vesta.7"});
  CHECK(absl::IsAlreadyExists(play.desk.open(play.pages, 7)));
  play.desk.show(report_of(1)); // nowhere
  CHECK(absl::IsUnavailable(read_control_page(**play.pages.open("vesta.7")).status()));
}

TEST_CASE("a page has the modules first, then the actors by kind, and their failures together") {
  run_report report = report_of(100);
  report.frames.late = 3;
  for (int i = 1; i <= 100; ++i) report.frames.times.add(i * ms);
  report.modules.push_back({.module = "fire",
                            .version = 2,
                            .at = lifecycle::active,
                            .last_error = error_code::module_crashed,
                            .failures = 1});
  report.modules[0].steps.add(5 * ms);
  report.modules.push_back({.module = "power", .version = 1, .parked = true});
  node_counters counters;
  counters.kinds.push_back({.kind = "district",
                            .actors = 4,
                            .handled = 1000,
                            .sent = 900,
                            .failures = 2,
                            .recovered = 1,
                            .waiting = 5});
  counters.kinds[0].handler_times.add(2000);
  const auto page = page_of(report, counters);
  CHECK(page.header.records == 3);
  CHECK(page.header.late_frames == 3);
  CHECK(page.header.frame_p99_ns == Approx(99 * ms).epsilon(0.02));
  CHECK(page.header.frame_max_ns == 100 * ms);
  CHECK(page.header.messages == 900);
  CHECK(page.header.waiting == 5);
  CHECK(page.header.failures == 3);
  CHECK(page.header.recoveries == 2);

  const auto& fire = page.records[0];
  CHECK(name_in(fire.name) == "fire");
  CHECK(fire.kind == record_kind::module);
  CHECK(fire.version == 2);
  CHECK(fire.state == static_cast<std::uint8_t>(lifecycle::active));
  CHECK(fire.last_error == static_cast<std::uint16_t>(error_code::module_crashed));
  CHECK(fire.count == 1);
  CHECK(fire.max_ns == 5 * ms);
  CHECK(page.records[1].state == parked_state);
  const auto& districts = page.records[2];
  CHECK(districts.kind == record_kind::actors);
  CHECK(districts.actors == 4);
  CHECK(districts.count == 1000);
  CHECK(districts.p99_ns == 2000);
  CHECK(page.records[3].kind == record_kind::none);
}

TEST_CASE("times and counts that do not fit their field stop at its end") {
  run_report report;
  report.frames.late = std::uint64_t{1} << 40;
  report.frames.times.add(60'000 * ms);
  const auto page = page_of(report, {});
  CHECK(page.header.late_frames == 0xFFFF'FFFF);
  CHECK(page.header.frame_max_ns == 0xFFFF'FFFF);
}
