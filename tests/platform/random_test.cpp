#include "vesta/platform/random.hpp"

#include <array>
#include <catch2/catch.hpp>

using namespace vesta::platform;

TEST_CASE("a stream yields the published SplitMix64 sequence") {
  random_stream stream(1234567);
  CHECK(stream.next() == 6457827717110365317u);
  CHECK(stream.next() == 3203168211198807973u);
  CHECK(stream.next() == 9817491932198370423u);
}

TEST_CASE("the same seed, user and purpose give the same stream, and any other gives another one") {
  const auto first = [](std::uint64_t seed, auto user, auto purpose) {
    return random_stream(seed, user, purpose).next();
  };
  CHECK(first(1, "fire", "spread") == first(1, "fire", "spread"));
  CHECK(first(1, "fire", "spread") != first(2, "fire", "spread"));
  CHECK(first(1, "fire", "spread") != first(1, "fire", "start"));
  CHECK(first(1, "fire", "spread") != first(1, "power", "spread"));
  CHECK(first(1, "ab", "c") != first(1, "a", "bc"));
}

TEST_CASE("streams do not change between builds, or old replays would break") {
  CHECK(random_stream(42, "citizens", "homes").next() == 642046446973728506u);
}

TEST_CASE("numbers below a bound stay below it and reach every value") {
  random_stream stream(7);
  std::array<int, 6> seen{};
  for (int i = 0; i < 6000; ++i) ++seen.at(stream.below(6));
  for (int count : seen) CHECK(count > 800);
  CHECK(stream.below(1) == 0);
  CHECK(stream.below(~0ull) < ~0ull);
}

TEST_CASE("the unit interval is half open and evenly filled") {
  random_stream stream(7);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double x = stream.unit();
    REQUIRE(x >= 0);
    REQUIRE(x < 1);
    sum += x;
  }
  CHECK(sum / 10'000 == Approx(0.5).margin(0.02));
}
