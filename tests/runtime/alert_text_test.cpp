#include "vesta/runtime/alert_text.hpp"

#include <catch2/catch.hpp>

using namespace vesta;

namespace {

const alert_origin sample_origin{.vesta = "1.2.3",
                                 .host = "dawn",
                                 .folder = "examples/city",
                                 .modules = {{.module = "power", .version = 2, .at = lifecycle::active}}};

alert sample_alert() {
  return {.wall_ns = 1'795'270'255'250'000'000,
          .what = {.cause = {.id = 7,
                             .at_ns = 5'000'000'000,
                             .actor = "versioning",
                             .incarnation = 3,
                             .code = error_code::handler_failed,
                             .kind = category::io,
                             .level = severity::critical,
                             .message = "verify_requested",
                             .message_number = 12,
                             .text = "no \"memory\""},
                   .supervisor = "root",
                   .path = {"hmr", "root"}},
          .tried = {{.at_ns = 3'500'000'000,
                     .code = error_code::incarnation_killed,
                     .chosen = remedy::restart,
                     .text = "killed"}},
          .failures = 9,
          .restarts = 4,
          .dead_letters = 2};
}

} // namespace

TEST_CASE("an alert is a JSON object with all that one needs to act") {
  CHECK(alert_json(sample_alert(), sample_origin) == R"({
 "text": "Vesta on dawn: hmr and root could not cure versioning: no \"memory\". )"
                                                     R"(The game goes on with the last good versions; )"
                                                     R"(nothing is swapped any more.",
 "time": "2026-11-21T14:10:55.250Z",
 "vesta": "1.2.3",
 "host": "dawn",
 "folder": "examples/city",
 "failure": {
  "id": 7,
  "actor": "versioning",
  "incarnation": 3,
  "code": 1281,
  "name": "handler_failed",
  "sentence": "A handler ended with an exception.",
  "remedy": "The failure's text says what was thrown.",
  "category": "io",
  "severity": "critical",
  "message": "verify_requested",
  "message_number": 12,
  "text": "no \"memory\""
 },
 "gave_up": [
  "hmr",
  "root"
 ],
 "tried": [
  {
   "seconds_before": 1.5,
   "code": 1282,
   "text": "killed",
   "chosen": "restart"
  }
 ],
 "node": {
  "failures": 9,
  "restarts": 4,
  "dead_letters": 2
 },
 "modules": [
  {
   "module": "power",
   "version": 2,
   "state": "active"
  }
 ]
})");
}

TEST_CASE("a failure's text that is long or no UTF-8 makes no broken alert") {
  auto what = sample_alert();
  what.what.cause.text = std::string(100'000, '\xff');
  const auto json = alert_json(what, sample_origin);
  CHECK(json.size() < 30'000);
  CHECK(json.find('\xff') == std::string::npos);
  CHECK(alert_text(what, sample_origin).size() < 10'000);
}

TEST_CASE("an alert is a few lines for the log") {
  CHECK(
      alert_text(sample_alert(), sample_origin) ==
      "ALERT Vesta on dawn: hmr and root could not cure versioning: no \"memory\". The game goes on with the "
      "last good versions; nothing is swapped any more.\n"
      "  failure 7 of versioning/3 on verify_requested (message 12): 0x0501 handler_failed, io, critical. A "
      "handler ended with an exception. The failure's text says what was thrown.\n"
      "  tried: restart (1.5 s before)\n"
      "  so far: failures 9, restarts 4, dead letters 2\n"
      "  at 2026-11-21T14:10:55.250Z, Vesta 1.2.3, examples/city: power 2 active");
}
