#include "vesta/actors/command/report_json.hpp"

#include <nlohmann/json.hpp>

#include "actors/command/sample_run.hpp"

using namespace vesta;
using namespace vesta::command;

TEST_CASE("the JSON report has every figure under a key with its unit") {
  const auto report = nlohmann::json::parse(report_json(sample_run()));
  CHECK(report["game"] == "city");
  CHECK(report["frames"]["count"] == 1200);
  CHECK(report["frames"]["late"] == 0);
  CHECK(report["frames"]["time"]["max_ns"] == 4'000'000);
  CHECK(report["frames"]["budget_ns"] == 16'600'000);
  CHECK(report["changes"][0]["saved_to_live_ns"] == 104'000'000);
  CHECK(report["changes"][0]["compile_ns"] == 88'000'000);
  CHECK(report["changes"][1]["saved_to_live_ns"].is_null());
  CHECK(report["changes"][1]["verdict"] == "compile_error");
  CHECK(report["failures"][0]["cured_by"] == "restart");
  CHECK(report["module_failures"][0]["name"] == "module_crashed");
  CHECK(report["module_failures"][0]["parked"] == false);
  CHECK(report["module_failures"][0]["frames_lost"] == 1);
  CHECK(report["parked_modules"].empty());
  CHECK(report["messages"]["per_second"] == 120'000.0);
  CHECK(report["memory"]["vesta_bytes"] == 42'000'000);
  CHECK(report["totals"]["values"]["population"] == 712331.0);
  CHECK(report["steps"][0]["ok"] == true);
  CHECK(report["as_expected"] == true);
}

TEST_CASE("a failure without a cure and a run without a scenario are null") {
  auto run = sample_run();
  run.scenario.clear();
  run.report.failures[0].by.clear();
  const auto report = nlohmann::json::parse(report_json(run));
  CHECK(report["scenario"].is_null());
  CHECK(report["failures"][0]["cured_by"].is_null());
}

TEST_CASE("what is no UTF-8 in a compiler's words does not spoil the report") {
  auto run = sample_run();
  run.report.changes[1].text = "error: '\xff\xfe'";
  CHECK(nlohmann::json::parse(report_json(run))["changes"][1]["text"] == "error: '\uFFFD\uFFFD'");
}
