#include <catch2/catch.hpp>

#include "vesta/messages/supervision.hpp"

using namespace vesta;

TEST_CASE("each category of failure has its name") {
  CHECK(to_string(category::compilation) == "compilation");
  CHECK(to_string(category::performance) == "performance");
  CHECK(to_string(category::unknown) == "unknown");
}

TEST_CASE("each severity has its name, and they are in order") {
  CHECK(to_string(severity::info) == "info");
  CHECK(to_string(severity::fatal) == "fatal");
  CHECK(severity::info < severity::warning);
  CHECK(severity::critical < severity::fatal);
}

TEST_CASE("each remedy has its name") {
  CHECK(to_string(remedy::retry) == "retry");
  CHECK(to_string(remedy::rollback) == "rollback");
  CHECK(to_string(remedy::set_aside) == "set_aside");
  CHECK(to_string(remedy::restart) == "restart");
  CHECK(to_string(remedy::isolate) == "isolate");
  CHECK(to_string(remedy::escalate) == "escalate");
  CHECK(to_string(remedy::stop) == "stop");
}

TEST_CASE("a failure is told with the message in hand, as a failed start, or without either") {
  failure what{.actor = "fire", .code = error_code::handler_failed, .message = "step", .text = "it burns"};
  CHECK(what_happened(what) == "fire failed on step: it burns");
  what.message = "";
  what.code = error_code::start_failed;
  CHECK(what_happened(what) == "fire failed to start: it burns");
  what.code = error_code::incarnation_killed;
  CHECK(what_happened(what) == "fire failed: it burns");
}
