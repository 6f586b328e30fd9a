#include "vesta/actors/command/report_json.hpp"

#include <nlohmann/json.hpp>

namespace vesta::command {
namespace {

using json = nlohmann::ordered_json;

json optional(const std::optional<std::int64_t>& value) { return value ? json(*value) : json(nullptr); }

json times_of(const histogram& times) {
  return {{"count", times.count},
          {"median_ns", times.quantile(0.5)},
          {"p99_ns", times.quantile(0.99)},
          {"max_ns", times.max_ns}};
}

json change_of(const change_report& change) {
  const auto& times = change.times;
  return {{"change", change.change},
          {"files", change.files},
          {"modules", change.modules},
          {"verdict", to_string(change.verdict)},
          {"code", static_cast<unsigned>(change.code)},
          {"text", change.text},
          {"saved_to_built_ns", optional(since_save(times, times.built_ns))},
          {"saved_to_verified_ns", optional(since_save(times, times.verified_ns))},
          {"saved_to_live_ns", optional(since_save(times, times.live_ns))},
          {"saved_to_over_ns", optional(since_save(times, times.over_ns))},
          {"compile_ns", times.compile_ns},
          {"boundary_ns", times.boundary_ns}};
}

json failure_of(const cured_failure& failed) {
  return {{"actor", failed.what.actor},
          {"incarnation", failed.what.incarnation},
          {"code", static_cast<unsigned>(failed.what.code)},
          {"name", describe(failed.what.code).name},
          {"category", to_string(failed.what.kind)},
          {"severity", to_string(failed.what.level)},
          {"text", failed.what.text},
          {"cured_by", failed.by.empty() ? json(nullptr) : json(failed.by)},
          {"took_ns", failed.took_ns}};
}

json failure_of(const module_failed& failed) {
  return {{"module", failed.module},
          {"change", failed.change},
          {"code", static_cast<unsigned>(failed.code)},
          {"name", describe(failed.code).name},
          {"text", failed.text},
          {"frame", failed.frame},
          {"parked", failed.change == 0},
          {"frames_back", failed.frames_back},
          {"frames_lost", failed.frames_lost},
          {"took_ns", failed.took_ns}};
}

json step_of(const step_outcome& step) {
  return {{"title", step.title},
          {"at_s", step.at_s},
          {"expected", step.expected},
          {"got", step.got},
          {"ok", step.ok}};
}

template <class Range, class Function>
json list(const Range& range, Function function) {
  auto result = json::array();
  for (const auto& element : range) result.push_back(function(element));
  return result;
}

json totals_of(const totals_seen& seen) {
  auto values = json::object();
  for (const auto& one : seen.totals) values[one.name] = one.value;
  return {{"frame", seen.frame}, {"values", values}};
}

} // namespace

std::string report_json(const run_summary& run) {
  const auto& report = run.report;
  const auto& frames = report.frames;
  json result;
  result["vesta"] = VESTA_VERSION;
  result["game"] = run.game;
  result["scenario"] = run.scenario.empty() ? json(nullptr) : json(run.scenario);
  result["seed"] = run.seed;
  result["cores"] = {{"performance", run.cores.performance},
                     {"efficiency", run.cores.efficiency},
                     {"origin", run.cores.origin},
                     {"note", run.cores.note}};
  result["elapsed_ns"] = run.elapsed_ns;
  result["frames"] = {{"count", frames.frames},
                      {"late", frames.late},
                      {"late_why", frames.late_why},
                      {"rate_hz", run.rate_hz},
                      {"budget_ns", static_cast<std::int64_t>(run.budget_ms * 1e6)},
                      {"time", times_of(frames.times)},
                      {"swap_time", times_of(frames.swap_times)}};
  result["changes"] = list(report.changes, change_of);
  result["failures"] = list(report.failures, [](const cured_failure& failed) { return failure_of(failed); });
  result["module_failures"] =
      list(report.module_failures, [](const module_failed& failed) { return failure_of(failed); });
  result["parked_modules"] = parked_modules(report);
  result["messages"] = {{"sent", run.messages_sent}, {"per_second", run.messages_per_second()}};
  result["memory"] = {{"resident_bytes", run.memory.resident_bytes},
                      {"peak_bytes", run.memory.peak_bytes},
                      {"game_bytes", run.game_bytes},
                      {"vesta_bytes", run.own_bytes()}};
  result["totals"] = totals_of(report.last_totals);
  result["steps"] = list(run.steps, step_of);
  result["interrupted"] = run.interrupted;
  result["as_expected"] = run.as_expected();
  // Compilers and modules say what they like; what is no UTF-8 becomes U+FFFD instead of an exception.
  return result.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace vesta::command
