#include "vesta/actors/command/report_text.hpp"

#include <sstream>

#include "actors/command/sample_run.hpp"
#include "vesta/actors/command/events.hpp"
#include "vesta/actors/command/figures.hpp"
#include "vesta/actors/command/live_run.hpp"
#include "vesta/actors/command/progress.hpp"

using Catch::Contains;
using namespace vesta;
using namespace vesta::command;

namespace {

struct plain {
  std::ostringstream out, err;
  console to{out, err};
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The first line that holds `word`.
std::string line_with(const std::string& text, const std::string& word) {
  for (auto& line : lines_of(text))
    if (line.find(word) != std::string::npos) return line;
  return "";
}

} // namespace

TEST_CASE("the table has every figure of the run in at most 100 columns") {
  plain p;
  const auto text = report_text(sample_run(), p.to);
  CHECK_THAT(line_with(text, "frames "), Contains("1,200 in 20.0 s, 0 late"));
  CHECK_THAT(line_with(text, "frame time"),
             Contains("max 4.00 ms; the budget is 16.6 ms at 60 frames a second"));
  CHECK_THAT(line_with(text, "economy.cpp"), Contains("90.0 ms") && Contains("91.0 ms") &&
                                                 Contains("104 ms") && Contains("88.0 ms") &&
                                                 Contains("0.20 ms") && Contains("live"));
  CHECK_THAT(line_with(text, "modules/traffic.cpp"), Contains(" - ") && Contains("compile_error"));
  CHECK_THAT(text, Contains("'lode' was not declared"));
  CHECK_THAT(line_with(text, "power"),
             Contains("module_crashed") && Contains("taken back in 2.00 ms, 1 frame lost"));
  CHECK_THAT(line_with(text, "asset_pipeline"), Contains("cured by restart in 0.50 ms"));
  CHECK_THAT(line_with(text, "messages"), Contains("120,000 a second"));
  CHECK_THAT(line_with(text, "memory"),
             Contains("72.0 MB resident, of which city 30.0 MB and Vesta itself 42.0 MB"));
  CHECK_THAT(line_with(text, "scenario"), Contains("the step went as expected"));
  for (const auto& line : lines_of(text)) CHECK(line.size() <= 100);
}

TEST_CASE("one frame with a swap is one frame") {
  plain p;
  auto run = sample_run();
  run.report.frames.swap_times.add(2'000'000);
  CHECK_THAT(line_with(report_text(run, p.to), "with a swap"), Catch::EndsWith("over 1 frame"));
}

TEST_CASE("the table names the first late frames and counts the others") {
  plain p;
  auto run = sample_run();
  run.report.frames.late = 7;
  for (int i = 0; i < 7; ++i)
    run.report.frames.late_why.push_back("frame " + std::to_string(i) + ", 20 ms: traffic");
  const auto text = report_text(run, p.to);
  CHECK_THAT(text, Contains("7 late") && Contains("frame 4, 20 ms: traffic") && Contains("and 2 more"));
  CHECK_THAT(text, !Contains("frame 5, 20 ms"));
}

TEST_CASE("a step that went wrong is named with what was expected") {
  plain p;
  auto run = sample_run();
  run.steps.push_back({"edit modules/power.cpp", 8, "rolled_back", "live", false});
  CHECK_FALSE(run.as_expected());
  CHECK_THAT(report_text(run, p.to),
             Contains("1 of 2 steps") &&
                 Contains("edit modules/power.cpp at 8 s: expected rolled_back, got live"));
}

TEST_CASE("a module that fails outside of a change's probation is not as expected, even when it is mended") {
  plain p;
  auto run = sample_run();
  CHECK(run.as_expected()); // its one failure is that of a step, which is judged by its own expectation
  auto failed = run.report.module_failures[0];
  failed.change = 0;
  failed.module = "economy";
  failed.frames_back = 90;
  failed.at_ns = run.report.changes[0].times.live_ns + 1;
  run.report.module_failures.push_back(failed);
  CHECK_FALSE(run.as_expected());
  const auto text = report_text(run, p.to);
  CHECK_THAT(line_with(text, "economy.cpp"), Contains("live, parked"));
  CHECK_THAT(line_with(text, "unexpected"), Contains("economy failed and is parked"));
  run.users_edits = true;
  CHECK_FALSE(run.as_expected());

  auto mended = run.report.changes[0];
  mended.change = 9;
  mended.times.live_ns = failed.at_ns + 1;
  run.report.changes.push_back(mended);
  CHECK(run.as_expected());
  CHECK_THAT(report_text(run, p.to), !Contains("unexpected"));
  run.users_edits = false;
  CHECK_FALSE(run.as_expected());
  CHECK_THAT(line_with(report_text(run, p.to), "unexpected"), Contains("economy failed, and a later edit"));
}

TEST_CASE("that a module is parked is told when it happens, with what to do") {
  plain p;
  event_teller teller(p.to);
  run_report report;
  report.module_failures = {{.module = "fire", .text = "SIGSEGV in step", .frames_back = 90}};
  const auto lines = teller.tell(report);
  REQUIRE(lines.size() == 2);
  CHECK_THAT(lines[1],
             Contains("parked  fire") && Contains("mend its source") && Contains("back by 90 frames"));
  CHECK(teller.tell(report).empty());
}

TEST_CASE("a run that Ctrl-C ended says so, and a step that was not reached is no failure") {
  plain p;
  auto run = sample_run();
  run.interrupted = true;
  run.steps.push_back({"edit modules/power.cpp", 8, "rolled_back", step_outcome::not_reached, false});
  CHECK(status_of(run) == interrupted);
  CHECK_THAT(line_with(report_text(run, p.to), "scenario"),
             Contains("interrupted: 1 of 2 steps went as expected, the rest was not reached"));
  run.users_edits = true;
  CHECK(status_of(run) == as_expected);
  run.users_edits = false;

  run.steps.push_back({"edit modules/fire.cpp", 9, "live", "refused", false});
  CHECK(status_of(run) == not_as_expected);
  CHECK_THAT(report_text(run, p.to), Contains("interrupted; 1 of 3 steps did not go as expected"));
  run.interrupted = false;
  CHECK_THAT(report_text(run, p.to), Contains("2 of 3 steps") && Contains("got not reached"));
}

TEST_CASE("there is no escape code where there are no colours, and some where there are") {
  plain p;
  CHECK_THAT(report_text(sample_run(), p.to), !Contains("\x1b"));
  const console coloured{p.out, p.err, true, true};
  CHECK_THAT(report_text(sample_run(), coloured), Contains("\x1b[32m"));
}

TEST_CASE("each event is told once, a compile error in full, and that it cleared") {
  plain p;
  event_teller teller(p.to);
  auto report = sample_run().report;
  std::string told;
  for (const auto& line : teller.tell(report)) told += line + "\n";
  CHECK_THAT(told, Contains("live  modules/economy.cpp after 104 ms, of which compiler 88.0 ms"));
  CHECK_THAT(told, Contains("33 | return lode;"));
  CHECK_THAT(told, Contains("failed  power: SIGSEGV in step"));
  CHECK_THAT(told, Contains("cured  asset_pipeline by restart"));
  CHECK(teller.tell(report).empty());
  auto mended = report.changes[0];
  mended.change = 3;
  mended.modules = {"traffic"};
  report.changes.push_back(mended);
  const auto more = teller.tell(report);
  REQUIRE(more.size() == 2);
  CHECK_THAT(more[1], Contains("cleared  traffic"));
}

TEST_CASE("what is no cure is told in its own words") {
  plain p;
  event_teller teller(p.to);
  auto report = sample_run().report;
  report.changes.clear();
  report.module_failures.clear();
  report.failures[0].by = "isolate";
  const auto isolated = teller.tell(report);
  REQUIRE(isolated.size() == 2);
  CHECK(isolated[1] == "  isolated  asset_pipeline after 0.50 ms");
  report.failures[0].by = "set_aside";
  CHECK(teller.tell(report)[0] == "  went on  asset_pipeline without that message after 0.50 ms");
  report.failures[0].by = "stop";
  CHECK(teller.tell(report)[0] == "  stopped  asset_pipeline after 0.50 ms");
  auto run = sample_run();
  run.report.failures[0].by = "set_aside";
  CHECK_THAT(line_with(report_text(run, p.to), "asset_pipeline"),
             Contains("went on without that message in 0.50 ms") && !Contains("cured"));
}

TEST_CASE("failures that are alike are told in one line, with their number") {
  plain p;
  event_teller teller(p.to);
  auto run = sample_run();
  auto& failures = run.report.failures;
  for (int i = 1; i < 6; ++i) {
    failures.push_back(failures[0]);
    failures.back().what.id += i;
    failures.back().what.actor = i < 3 ? "asset_pipeline" : "versioning";
    failures.back().took_ns += i * 1'000'000;
  }
  auto news = run.report;
  news.changes.clear();
  news.module_failures.clear();
  const auto lines = teller.tell(news);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "  failed  asset_pipeline and 1 other, 6 times: killed by the scenario");
  CHECK(lines[1] == "  cured  asset_pipeline and 1 other by restart after at most 5.50 ms");
  CHECK_THAT(line_with(report_text(run, p.to), "asset_pipeline and 1 other"),
             Contains("incarnation_killed") && Contains("cured by restart in 5.50 ms, 6 failures"));
}

TEST_CASE("of a header's many compiles the longest is told, and is said to be that") {
  plain p;
  event_teller teller(p.to);
  auto report = sample_run().report;
  report.changes.resize(1);
  report.changes[0].modules = {"economy", "fire", "traffic"};
  report.failures.clear();
  report.module_failures.clear();
  const auto lines = teller.tell(report);
  REQUIRE(lines.size() == 1);
  CHECK_THAT(lines[0], Contains("after 104 ms, of which the longest of 3 compiles 88.0 ms"));
}

TEST_CASE("the line of now shows the game's totals as far as there is room") {
  const auto report = sample_run().report;
  const auto line = progress_line(20'000'000'000, report, 99);
  CHECK_THAT(line, Contains("20.0 s") && Contains("frame 1,200") && Contains("population 712,331"));
  CHECK(line.size() <= 99);
  CHECK_THAT(progress_line(20'000'000'000, report, 70), !Contains("mean_happiness"));
}

TEST_CASE("figures are short and have their unit") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1'000'007) == "1,000,007");
  CHECK(counted(1, "frame") == "1 frame");
  CHECK(counted(1204, "frame") == "1,204 frames");
  CHECK(counted(0, "frame") == "0 frames");
  CHECK(milliseconds(210'000) == "0.21 ms");
  CHECK(milliseconds(92'100'000) == "92.1 ms");
  CHECK(milliseconds(1'204'000'000) == "1,204 ms");
  CHECK(quantity(-12000) == "-12,000");
  CHECK(quantity(61.5) == "61.50");
}

TEST_CASE("texts speak of the user's folder and not of the copy") {
  CHECK(without_copy("/tmp/x/game/game.toml:3: no", "/tmp/x/game", "city") == "city/game.toml:3: no");
  CHECK(without_copy("/tmp/x/game/a.cpp in /tmp/x/game", "/tmp/x/game", "") == "a.cpp in ");
}
