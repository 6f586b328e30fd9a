#include "vesta/actors/command/top_text.hpp"

#include <sstream>

#include "vesta/messages/errors.hpp"
#include "vesta/messages/lifecycle.hpp"

using Catch::Contains;
using namespace vesta;
using namespace vesta::command;

namespace {

constexpr std::int64_t a_second = 1'000'000'000;

std::ostringstream nowhere;
const console plain{nowhere, nowhere};

control_page busy_city() {
  control_page page;
  page.header = {.pid = 42,
                 .begun_ns = 10 * a_second,
                 .written_ns = 70 * a_second,
                 .frame = 3600,
                 .messages = 630'000,
                 .late_frames = 2,
                 .failures = 1,
                 .recoveries = 1,
                 .messages_per_second = 10'500,
                 .frame_p50_ns = 900'000,
                 .frame_p99_ns = 1'100'000,
                 .frame_max_ns = 20'000'000,
                 .budget_ns = 16'666'667,
                 .rate_hz = 60,
                 .performance_busy_permille = 63,
                 .efficiency_busy_permille = 7,
                 .waiting = 3};
  put_name(page.header.game, "city");
  control_record fire{.kind = record_kind::module,
                      .state = static_cast<std::uint8_t>(lifecycle::probation),
                      .last_error = static_cast<std::uint16_t>(error_code::module_crashed),
                      .version = 3,
                      .count = 3600,
                      .failures = 1,
                      .p50_ns = 120'000,
                      .p99_ns = 250'000,
                      .max_ns = 1'500'000};
  put_name(fire.name, "fire");
  page.add(fire);
  control_record districts{.kind = record_kind::actors,
                           .count = 25'200,
                           .p50_ns = 1500,
                           .p99_ns = 90'000,
                           .max_ns = 95'000,
                           .waiting = 3,
                           .actors = 4};
  put_name(districts.name, "district");
  page.add(districts);
  return page;
}

/// With one blank between words.
std::string squeezed(const std::string& text) {
  std::istringstream words(text);
  std::string line, all;
  while (words >> line) all += line + " ";
  return all;
}

} // namespace

TEST_CASE("a page's table tells of frames, cores, messages, modules and actors") {
  const auto text = squeezed(top_text(busy_city(), 70 * a_second, plain));
  CHECK_THAT(text, Contains("city process 42, frame 3,600 after 60.0 s, 60 a second frame time"));
  CHECK_THAT(text, Contains("median 0.90 ms, p99 1.10 ms, max 20.0 ms; the budget is 16.7 ms; 2 late"));
  CHECK_THAT(text, Contains("performance cores 6.3 %, efficiency cores 0.7 %"));
  CHECK_THAT(text, Contains("10,500 a second, 630,000 in all, 3 waiting; 1 failures, 1 cured"));
  CHECK_THAT(text, Contains("fire 3 probation 0.12 ms 0.25 ms 1.50 ms 3,600 1 module_crashed"));
  CHECK_THAT(text, Contains("district 4 3 1.50 us 0.09 ms 0.10 ms 25,200 0"));
  CHECK_THAT(text, !Contains("no room") && !Contains("no frame"));
}

TEST_CASE("the table's columns stand below their titles") {
  const auto text = top_text(busy_city(), 70 * a_second, plain);
  const auto line_with = [&](const std::string& word) {
    const auto at = text.find("\n" + word);
    REQUIRE(at != text.npos);
    return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  };
  const auto right_end = [](const std::string& line, const std::string& word) {
    return line.find(word) + word.size();
  };
  CHECK(right_end(line_with("module"), "median") == right_end(line_with("fire"), "0.12 ms"));
  CHECK(right_end(line_with("module"), "steps") == right_end(line_with("fire"), "3,600"));
  CHECK(line_with("module").find("last error") == line_with("fire").find("module_crashed"));
  CHECK(right_end(line_with("actors"), "max") == right_end(line_with("district"), "0.10 ms"));
}

TEST_CASE("a game that stands still, a parked module and missing room are said") {
  auto page = busy_city();
  page.records[0].state = parked_state;
  page.header.records_left_out = 5;
  const auto text = squeezed(top_text(page, 80 * a_second, plain));
  CHECK_THAT(text, Contains("no frame for 10.0 s"));
  CHECK_THAT(text, Contains("fire 3 parked"));
  CHECK_THAT(text, Contains("and 5 for which the page has no room"));
}

TEST_CASE("a hosted game has its host's threads, and times that were not taken are dashes") {
  auto page = busy_city();
  page.header.efficiency_busy_permille = no_share;
  page.records[1].p50_ns = page.records[1].p99_ns = page.records[1].max_ns = 0;
  const auto text = squeezed(top_text(page, 70 * a_second, plain));
  CHECK_THAT(text, Contains("busy 6.3 % of the host's threads"));
  CHECK_THAT(text, Contains("district 4 3 - - - 25,200"));
}
