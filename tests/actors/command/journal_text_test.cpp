#include "vesta/actors/command/journal_text.hpp"

#include <sstream>

using namespace vesta;
using namespace vesta::command;
using Catch::Matchers::Contains;

namespace {

constexpr std::int64_t second_long = 1'000'000'000;
/// 2026-11-21T14:10:55.250Z
constexpr std::int64_t afternoon = 1'795'270'255 * second_long + second_long / 4;

const journal_row sample_row{.number = 7,
                             .wall_ns = afternoon,
                             .steady_ns = 5,
                             .incarnation = 2,
                             .code = 0x0501,
                             .kind = "failure",
                             .actor = "economy",
                             .recovery = "rollback",
                             .text = "a \"bad\",\nday"};

} // namespace

TEST_CASE("a time is read in UTC, or as an age") {
  CHECK(read_time("2026-11-21T14:10:55", 0) == 1'795'270'255 * second_long);
  CHECK(read_time("2026-11-21 14:10Z", 0) == 1'795'270'200 * second_long);
  CHECK(read_time("2026-11-21", 0) == 1'795'219'200 * second_long);
  CHECK(read_time("15m", afternoon) == afternoon - 900 * second_long);
  CHECK(read_time("2d", afternoon) == afternoon - 172'800 * second_long);
  for (const auto* bad : {"", "m", "now", "-3m", "15x", "2026-13-01", "2026-02-30", "2026-11-21T25:00",
                          "99999999d", "2026-11-21T14", "2026/11/21"})
    CHECK_FALSE(read_time(bad, 0));
}

TEST_CASE("a record is a line for people, a line of CSV and a JSON object") {
  std::ostringstream out;
  CHECK(journal_line(sample_row, {out, out}) ==
        "     7  2026-11-21T14:10:55.250Z  failure    economy/2             "
        "[rollback]  0x0501 handler_failed  a \"bad\", day\n");
  CHECK(journal_csv(sample_row) ==
        "7,2026-11-21T14:10:55.250Z,1795270255250000000,5,failure,economy,2,1281,rollback,"
        "\"a \"\"bad\"\",\nday\"\r\n");
  CHECK(journal_json(sample_row) ==
        R"({"number":7,"time":"2026-11-21T14:10:55.250Z","wall_ns":1795270255250000000,)"
        R"("steady_ns":5,"kind":"failure","actor":"economy","incarnation":2,"code":1281,)"
        R"("recovery":"rollback","text":"a \"bad\",\nday"})");
  auto strange = sample_row;
  strange.text = "\xff";
  CHECK_THAT(journal_json(strange), Contains("\xEF\xBF\xBD"));
}
