#include "vesta/platform/clock.hpp"

#include <catch2/catch.hpp>
#include <chrono>

using namespace vesta::platform;

TEST_CASE("the steady clock never runs backwards and counts nanoseconds") {
  const auto before = std::chrono::steady_clock::now().time_since_epoch();
  const auto first = steady_clock().now();
  auto last = first;
  for (int i = 0; i < 1000; ++i) {
    const auto now = steady_clock().now();
    REQUIRE(now >= last);
    last = now;
  }
  const auto after = std::chrono::steady_clock::now().time_since_epoch();
  CHECK(first >= std::chrono::nanoseconds(before).count());
  CHECK(last <= std::chrono::nanoseconds(after).count());
}

TEST_CASE("the wall clock counts from 1970") {
  CHECK(steady_clock().wall() > nanoseconds{1'700'000'000} * 1'000'000'000);
}

TEST_CASE("a time is written in UTC") {
  CHECK(utc_text(1'795'270'255'250'000'000) == "2026-11-21T14:10:55.250Z");
  CHECK(utc_text(0) == "1970-01-01T00:00:00.000Z");
}

TEST_CASE("a virtual clock moves only when told to") {
  virtual_clock time;
  CHECK(time.now() == 0);
  time.advance(16'666'667);
  CHECK(time.now() == 16'666'667);
  CHECK(time.wall() == 16'666'667);
}
