#pragma once

#include "vesta/actors/command/run_summary.hpp"

/// A run as a short tour of a city leaves it.
inline vesta::command::run_summary sample_run() {
  using namespace vesta;
  constexpr std::int64_t ms = 1'000'000, saved = 5'000 * ms;
  command::run_summary run;
  run.game = "city";
  run.scenario = "tour.toml";
  run.cores = {{0}, {1}, "given"};
  run.rate_hz = 60;
  run.budget_ms = 16.6;
  run.elapsed_ns = 20'000 * ms;
  run.messages_sent = 2'400'000;
  run.game_bytes = 30'000'000;
  run.memory = {72'000'000, 90'000'000};
  run.report.frames.frames = 1200;
  for (int i = 0; i < 1200; ++i) run.report.frames.times.add(4 * ms);
  change_report live;
  live.change = 1;
  live.modules = {"economy"};
  live.files = "modules/economy.cpp";
  live.times = {saved,   saved + 90 * ms, saved + 91 * ms, saved + 104 * ms, saved + 2104 * ms,
                88 * ms, ms / 5};
  change_report broken;
  broken.change = 2;
  broken.modules = {"traffic"};
  broken.files = "modules/traffic.cpp";
  broken.verdict = verdict_on_change::compile_error;
  broken.code = error_code::compile_failed;
  broken.text = "traffic.cpp:33:12: error: 'lode' was not declared\n   33 | return lode;\n";
  broken.times = {.saved_ns = saved, .over_ns = saved + 80 * ms, .compile_ns = 70 * ms};
  run.report.changes = {live, broken};
  cured_failure killed;
  killed.what.id = 7;
  killed.what.actor = "asset_pipeline";
  killed.what.code = error_code::incarnation_killed;
  killed.what.text = "killed by the scenario";
  killed.by = "restart";
  killed.took_ns = ms / 2;
  run.report.failures = {killed};
  run.report.module_failures = {
      {3, "power", error_code::module_crashed, "SIGSEGV in step", 480, 0, 1, saved, 2 * ms}};
  run.report.last_totals = {1200, {{"population", 712331}, {"mean_happiness", 61.5}}};
  run.steps = {{"edit modules/economy.cpp", 2, "live", "live", true}};
  return run;
}
