#include "vesta/runtime/backoff.hpp"

#include <catch2/catch.hpp>

#include <limits>

using namespace vesta;

namespace {

constexpr backoff_settings plain{
    .first_ns = 10, .factor = 2, .most_ns = 100, .jitter = 0, .healthy_ns = 1000};

} // namespace

TEST_CASE("pauses grow by their factor up to the longest, and begin again after a healthy time") {
  struct row {
    platform::nanoseconds after; ///< the last pause's end
    platform::nanoseconds pause;
  };
  platform::random_stream random(1);
  backoff pauses(plain);
  platform::nanoseconds now = 5;
  for (const auto& each : {row{0, 10}, row{0, 20}, row{999, 40}, row{0, 80}, row{0, 100}, row{0, 100},
                           row{1000, 10}, row{0, 20}, row{5000, 10}}) {
    now += each.after;
    const auto pause = pauses.next_pause(now, random);
    CHECK(pause == each.pause);
    now += pause;
  }
}

TEST_CASE("a clock that does not move lets pauses grow and never heals") {
  platform::random_stream random(1);
  backoff pauses(plain);
  for (const platform::nanoseconds expected : {10, 20, 40, 80, 100, 100})
    CHECK(pauses.next_pause(0, random) == expected);
}

TEST_CASE("after a reset the pause is the first again") {
  platform::random_stream random(1);
  backoff pauses(plain);
  pauses.next_pause(0, random);
  pauses.next_pause(0, random);
  pauses.reset();
  CHECK(pauses.next_pause(0, random) == 10);
}

TEST_CASE("jitter shortens a pause by at most its share, evenly, and alike for the same seed") {
  for (const double jitter : {0.25, 1.0}) {
    platform::random_stream random(7), same(7);
    double sum = 0;
    for (int i = 0; i < 10'000; ++i) {
      backoff one({.first_ns = 1'000'000, .jitter = jitter}), other = one;
      const auto pause = one.next_pause(0, random);
      CHECK(pause == other.next_pause(0, same));
      CHECK(pause <= 1'000'000);
      CHECK(static_cast<double>(pause) >= 1e6 * (1 - jitter) - 1);
      sum += static_cast<double>(pause);
    }
    CHECK(sum / 1e10 == Approx(1 - jitter / 2).margin(0.01));
  }
}

TEST_CASE("jitter does not slow the growth of the pauses") {
  platform::random_stream random(7);
  auto settings = plain;
  settings.jitter = 1;
  backoff pauses(settings);
  for (int i = 0; i < 4; ++i) pauses.next_pause(0, random);
  platform::nanoseconds longest = 0;
  for (int i = 0; i < 1000; ++i) longest = std::max(longest, pauses.next_pause(0, random));
  CHECK(longest > 95);
}

TEST_CASE("a back-off's settings out of range are refused with their name and range") {
  CHECK(check(backoff_settings{}).ok());
  CHECK(check(backoff_settings{.first_ns = 0}).message() == "a back-off's first_ns is 0; it is above 0");
  CHECK(check(backoff_settings{.factor = 0.5}).message() ==
        "a back-off's factor is 0.5; it is from 1 to 100");
  CHECK_FALSE(check(backoff_settings{.factor = std::numeric_limits<double>::quiet_NaN()}).ok());
  CHECK(check(backoff_settings{.first_ns = 10, .most_ns = 9}).message() ==
        "a back-off's most_ns is 9; it is from first_ns, which is 10, to 30 days");
  CHECK_FALSE(check(backoff_settings{.jitter = 1.01}).ok());
  CHECK_FALSE(check(backoff_settings{.healthy_ns = -1}).ok());
}
