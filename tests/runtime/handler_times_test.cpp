#include "vesta/runtime/handler_times.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

#include "vesta/messages/report.hpp"
#include "vesta/platform/random.hpp"

using namespace vesta;

TEST_CASE("percentiles of handler times are within two percent of exact ones, and the maximum is exact") {
  platform::random_stream draw(1);
  std::vector<std::int64_t> exact;
  handler_times times;
  for (int i = 0; i < 100'000; ++i) { // from 100 ns to 10 ms, even by their logarithms
    exact.push_back(static_cast<std::int64_t>(std::pow(10, 2 + 5 * draw.unit())));
    times.add(exact.back());
  }
  std::ranges::sort(exact);
  const auto read = times.read();
  CHECK(read.count == exact.size());
  CHECK(read.max_ns == exact.back());
  for (const double share : {0.0, 0.01, 0.5, 0.9, 0.99, 0.999}) {
    CAPTURE(share);
    const auto wanted = static_cast<double>(exact[static_cast<std::size_t>(share * 100'000)]);
    CHECK(static_cast<double>(read.quantile(share)) == Approx(wanted).epsilon(0.02));
  }
}

TEST_CASE("handler times that were never taken are none") {
  const handler_times times;
  CHECK(times.read().count == 0);
  CHECK(times.read().quantile(0.99) == 0);
}

TEST_CASE("a handler that took below nothing or above all is counted at the ends") {
  handler_times times;
  times.add(-5);
  times.add(1'000'000'000'000);
  const auto read = times.read();
  CHECK(read.count == 2);
  CHECK(read.quantile(0) == 0);
  CHECK(static_cast<double>(read.quantile(0.9)) == Approx(68.7e9).epsilon(0.02));
  CHECK(read.max_ns == 1'000'000'000'000);
}

TEST_CASE("handler times of more threads than there are stripes are all counted", "[concurrent]") {
  constexpr int each = 500, threads = 80;
  handler_times times;
  {
    std::vector<std::jthread> all;
    for (int i = 0; i < threads; ++i)
      all.emplace_back([&times, i] {
        for (int n = 0; n < each; ++n) times.add(1000 * (i + 1));
      });
    std::uint64_t seen = 0;
    for (int i = 0; i < 20; ++i) { // a reader sees more and more
      const auto now = times.read().count;
      CHECK(now >= seen);
      seen = now;
    }
  }
  CHECK(times.read().count == each * threads);
  CHECK(times.read().max_ns == 1000 * threads);
}
