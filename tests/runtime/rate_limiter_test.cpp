#include "vesta/runtime/rate_limiter.hpp"

#include <catch2/catch.hpp>

#include "vesta/platform/random.hpp"

using namespace vesta;

namespace {

int taken(rate_limiter& limiter, platform::nanoseconds now) {
  int count = 0;
  while (limiter.take(now)) ++count;
  return count;
}

} // namespace

TEST_CASE("a limiter yields a burst, then one call at each interval, and a burst again after a rest") {
  struct row {
    platform::nanoseconds now;
    int taken;
  };
  rate_limiter limiter({.calls = 10, .per_ns = 1000, .burst = 3}); // one each 100 ns
  for (const auto& each : {row{0, 3}, row{0, 0}, row{99, 0}, row{100, 1}, row{199, 0}, row{200, 1},
                           row{450, 2}, row{499, 0}, row{500, 1}, row{799, 2}, row{800, 1}, row{10'000, 3}}) {
    CAPTURE(each.now);
    CHECK(taken(limiter, each.now) == each.taken);
  }
}

TEST_CASE("a clock that does not move yields one burst; one that goes back yields nothing more") {
  rate_limiter limiter({.calls = 1, .per_ns = 10, .burst = 5});
  CHECK(taken(limiter, 1000) == 5);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(limiter.take(1000));
  CHECK_FALSE(limiter.take(0));
  CHECK(limiter.take(1010));
}

TEST_CASE("the next chance is the first moment at which a call is taken") {
  platform::random_stream random(1, "limiter", "moments");
  rate_limiter limiter({.calls = 3, .per_ns = 1000, .burst = 2});
  platform::nanoseconds now = -50'000; // the clock's zero is arbitrary
  for (int step = 0; step < 2000; ++step) {
    now += static_cast<platform::nanoseconds>(random.below(300));
    const auto at = limiter.next_chance(now);
    if (at > now) CHECK_FALSE(limiter.take(at - 1));
    auto copy = limiter;
    CHECK(copy.take(at));
    limiter.take(now);
  }
}

TEST_CASE("over a long time no more calls are taken than were allowed, and no fewer") {
  rate_limiter limiter({.calls = 3, .per_ns = 1000, .burst = 4}); // one each 334 ns, rounded up
  int count = 0;
  for (platform::nanoseconds now = 0; now < 3'340'000; ++now) count += limiter.take(now);
  CHECK(count == 10'000 + 3);
}

TEST_CASE("a rate limiter's settings out of range are refused with their name and range") {
  CHECK(check(rate_limiter_settings{}).ok());
  CHECK(check({.calls = 0}).message() == "a rate limiter's calls is 0; it is 1 or above");
  CHECK(check({.calls = 1, .per_ns = 0}).message() ==
        "a rate limiter's per_ns is 0; it is above 0 and a day at most");
  CHECK(check(rate_limiter_settings{.burst = 0}).message() ==
        "a rate limiter's burst is 0; it is from 1 to 1,000,000");
  CHECK_FALSE(check({.calls = 1, .per_ns = 86'400'000'000'000, .burst = 366}).ok());
  CHECK(check({.calls = 1, .per_ns = 86'400'000'000'000, .burst = 365}).ok());
}
