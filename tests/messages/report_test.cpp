#include <catch2/catch.hpp>

#include "vesta/messages/report.hpp"

using namespace vesta;

TEST_CASE("an empty histogram has no times") {
  const histogram none;
  CHECK(none.quantile(0.5) == 0);
  CHECK(none.quantile(1) == 0);
}

TEST_CASE("a histogram gives each quantile within three percent and the largest time exactly") {
  histogram times;
  for (std::int64_t ns = 1; ns <= 1'000'000; ns += 7) times.add(ns);
  for (const double share : {0.01, 0.25, 0.5, 0.99}) {
    INFO(share);
    CHECK(static_cast<double>(times.quantile(share)) == Approx(share * 1e6).epsilon(0.032));
  }
  CHECK(times.max_ns == 1'000'000);
  CHECK(times.quantile(1) == times.max_ns);
}

TEST_CASE("small times are exact, and one below zero counts as zero") {
  histogram times;
  for (std::int64_t ns : {-5, 0, 3, 31}) times.add(ns);
  CHECK(times.count == 4);
  CHECK(times.quantile(0) == 0);
  CHECK(times.quantile(0.25) == 0);
  CHECK(times.quantile(0.5) == 3);
  CHECK(times.quantile(0.75) == 31);
}

TEST_CASE("a quantile is never above the largest time") {
  histogram times;
  times.add(1'000'003);
  CHECK(times.quantile(0.5) <= 1'000'003);
  CHECK(times.quantile(1) == 1'000'003);
}

TEST_CASE("a time of hours has a bucket too") {
  histogram times;
  constexpr std::int64_t day = 86'400'000'000'000;
  times.add(day);
  CHECK(static_cast<double>(times.quantile(0)) == Approx(static_cast<double>(day)).epsilon(0.032));
  CHECK(times.buckets.size() < 2048);
}
