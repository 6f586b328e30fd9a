#include "vesta/runtime/circuit_breaker.hpp"

#include <catch2/catch.hpp>

#include <string_view>

using namespace vesta;

namespace {

using state = circuit_breaker::state;

constexpr circuit_breaker_settings small{.window_calls = 4,
                                         .min_calls = 2,
                                         .failure_percent = 50,
                                         .open_ns = 100,
                                         .probes = 2,
                                         .probe_lease_ns = 30};

/// Calls one after the other, 'f' for one that fails, 's' for one that succeeds; those refused are left out.
void call(circuit_breaker& breaker, std::string_view outcomes, platform::nanoseconds now) {
  for (const char each : outcomes)
    if (auto permit = breaker.enter(now)) breaker.record(*permit, each == 's', now);
}

circuit_breaker opened_at_0() {
  circuit_breaker breaker(small);
  call(breaker, "ff", 0);
  REQUIRE(breaker.now_in() == state::open);
  return breaker;
}

} // namespace

TEST_CASE("a breaker opens by the share of failures among the last outcomes, given enough of them") {
  struct row {
    std::uint32_t window, least, percent;
    std::string_view outcomes;
    state after;
  };
  const row rows[] = {
      {4, 2, 50, "f", state::closed},           // too few
      {4, 2, 50, "ff", state::open},            //
      {4, 2, 50, "sf", state::open},            // exactly the share
      {4, 2, 50, "ssf", state::closed},         // a third
      {4, 4, 75, "fffs", state::open},          // a success makes them enough
      {4, 4, 75, "ffss", state::closed},        //
      {4, 2, 50, "sssff", state::open},         // two of the last four: the first has left the window
      {4, 2, 50, "ssssf", state::closed},       //
      {4, 4, 50, "fsssfs", state::closed},      // the first failure has left
      {1, 1, 1, "s", state::closed},            //
      {1, 1, 100, "f", state::open},            //
      {10, 10, 10, "sssssssss", state::closed}, //
      {10, 10, 10, "sssssssssf", state::open},  // 10 percent of 10 is 1
      {10, 3, 100, "fsfffff", state::closed},   // never all
  };
  for (const auto& each : rows) {
    CAPTURE(each.window, each.least, each.percent, each.outcomes);
    circuit_breaker breaker(
        {.window_calls = each.window, .min_calls = each.least, .failure_percent = each.percent});
    call(breaker, each.outcomes, 0);
    CHECK(breaker.now_in() == each.after);
  }
}

TEST_CASE("the window forgets exactly the oldest outcome, at every size") {
  for (const std::uint32_t window : {1U, 63U, 64U, 65U, 255U, 256U}) {
    CAPTURE(window);
    circuit_breaker breaker({.window_calls = window, .min_calls = window, .failure_percent = 100});
    if (window > 1) call(breaker, "f", 0);
    for (std::uint32_t i = 1; i < window; ++i) call(breaker, "s", 0);
    CHECK(breaker.failures() == (window > 1));
    call(breaker, "s", 0);
    CHECK(breaker.failures() == 0);
    CHECK(breaker.calls() == window);
  }
}

TEST_CASE("an open breaker refuses until its time is over, also while the clock stands still") {
  auto breaker = opened_at_0();
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(breaker.enter(0));
  CHECK_FALSE(breaker.enter(99));
  CHECK(breaker.next_chance(99) == 100);
  CHECK(breaker.enter(100));
  CHECK(breaker.now_in() == state::half_open);
}

TEST_CASE("a half-open breaker lets as many probes through as must succeed, and closes when they have") {
  auto breaker = opened_at_0();
  auto one = breaker.enter(100), two = breaker.enter(100);
  REQUIRE(one);
  REQUIRE(two);
  CHECK_FALSE(breaker.enter(100));
  breaker.record(*one, true, 101);
  CHECK_FALSE(breaker.enter(101)); // one has succeeded and one is under way: no third is needed
  breaker.record(*two, true, 102);
  CHECK(breaker.now_in() == state::closed);
  CHECK(breaker.calls() == 0); // with nothing left from before
}

TEST_CASE("a probe that fails opens the breaker again, for its whole time") {
  auto breaker = opened_at_0();
  auto one = breaker.enter(100), two = breaker.enter(100);
  breaker.record(*one, false, 110);
  CHECK(breaker.now_in() == state::open);
  breaker.record(*two, true, 111); // of a period that is over
  CHECK_FALSE(breaker.enter(209));
  CHECK(breaker.enter(210));
}

TEST_CASE("a probe whose outcome never comes makes room for another when its lease ends") {
  auto breaker = opened_at_0();
  auto lost = breaker.enter(100), other = breaker.enter(110);
  CHECK_FALSE(breaker.enter(129));
  CHECK(breaker.next_chance(129) == 130);
  auto third = breaker.enter(130);
  REQUIRE(third);
  CHECK_FALSE(breaker.enter(130));
  breaker.record(*lost, false, 131); // too late to count
  CHECK(breaker.now_in() == state::half_open);
  breaker.record(*other, true, 132);
  breaker.record(*third, true, 133);
  CHECK(breaker.now_in() == state::closed);
}

TEST_CASE("a breaker whose probes are all lost, again and again, still lets probes through") {
  auto breaker = opened_at_0();
  for (platform::nanoseconds now = 100; now < 3100; now += 30) {
    CHECK(breaker.enter(now));
    CHECK(breaker.enter(now));
    CHECK_FALSE(breaker.enter(now + 29));
  }
}

TEST_CASE("a permit that is returned twice counts once, and so does a copy of a probe's") {
  circuit_breaker breaker(small);
  auto permit = breaker.enter(0);
  breaker.record(*permit, false, 0);
  breaker.record(*permit, false, 0);
  CHECK(breaker.calls() == 1);

  auto half_open = opened_at_0();
  auto probe = half_open.enter(100);
  auto copy = *probe;
  half_open.record(*probe, true, 100);
  half_open.record(copy, true, 100);
  CHECK(half_open.now_in() == state::half_open); // two successes would have closed it
}

TEST_CASE("an outcome counts in the period in which its call began") {
  circuit_breaker breaker(small);
  auto slow = breaker.enter(0), slower = breaker.enter(0);
  call(breaker, "ff", 0);
  breaker.record(*slow, true, 50); // it is open: nothing
  auto probe = breaker.enter(100);
  REQUIRE(probe);
  breaker.record(*slower, false, 101); // it is half open: nothing
  CHECK(breaker.now_in() == state::half_open);
  breaker.record(*probe, true, 102);
  CHECK(breaker.now_in() == state::half_open);
}

TEST_CASE("a call that was not made gives its probe back and counts nowhere") {
  auto breaker = opened_at_0();
  auto one = breaker.enter(100), two = breaker.enter(100);
  breaker.cancel(*one, 100);
  CHECK(breaker.enter(100));
  breaker.record(*two, true, 100);
  CHECK(breaker.now_in() == state::half_open);
}

TEST_CASE("a circuit breaker's settings out of range are refused with their name and range") {
  CHECK(check(circuit_breaker_settings{}).ok());
  const std::pair<circuit_breaker_settings, std::string_view> rows[] = {
      {{.window_calls = 0}, "window_calls is 0; it is from 1 to 256"},
      {{.window_calls = 257}, "window_calls is 257; it is from 1 to 256"},
      {{.window_calls = 5, .min_calls = 6}, "min_calls is 6; it is from 1 to window_calls, which is 5"},
      {{.failure_percent = 0}, "failure_percent is 0; it is from 1 to 100"},
      {{.failure_percent = 101}, "failure_percent is 101; it is from 1 to 100"},
      {{.open_ns = 0}, "open_ns is 0; it is above 0 and a year at most"},
      {{.probes = 0}, "probes is 0; it is from 1 to 64"},
      {{.probe_lease_ns = -1}, "probe_lease_ns is -1; it is above 0 and a year at most"},
  };
  for (const auto& [settings, sentence] : rows)
    CHECK(check(settings).message() == "a circuit breaker's " + std::string(sentence));
}
