#include "vesta/runtime/deadline_wheel.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "vesta/platform/random.hpp"

using namespace vesta;

namespace {

constexpr platform::nanoseconds tick = platform::nanoseconds{1} << deadline_wheel::tick_bits;

struct numbered_deadline : deadline {
  int number = 0;
};

/// What fires up to `now`, in the order in which it does.
std::vector<int> fired(deadline_wheel& wheel, platform::nanoseconds now) {
  std::vector<int> numbers;
  wheel.advance(now, [&](deadline& due) { numbers.push_back(static_cast<numbered_deadline&>(due).number); });
  return numbers;
}

} // namespace

TEST_CASE("a deadline is never early and at most one tick late") {
  platform::random_stream random{7, "wheel", "times"};
  deadline_wheel wheel;
  std::vector<numbered_deadline> all(2000);
  std::vector<platform::nanoseconds> at;
  for (int i = 0; i < 2000; ++i) {
    all[i].number = i;
    const auto magnitude = random.below(36);
    at.push_back(static_cast<platform::nanoseconds>(random.below(std::uint64_t{1} << magnitude)) * 1000);
    wheel.add(all[i], 0, at.back());
  }
  platform::nanoseconds before = 0;
  std::size_t seen = 0;
  while (const auto next = wheel.next()) {
    CHECK(*next > before);
    for (const int number : fired(wheel, *next)) {
      ++seen;
      CHECK(at[number] <= *next);
      CHECK(*next <= std::max(at[number], tick) + tick);
    }
    before = *next;
  }
  CHECK(seen == all.size());
}

TEST_CASE("a wheel that is advanced by leaps of any size fires what a sorted list would") {
  platform::random_stream random{8, "wheel", "leaps"};
  deadline_wheel wheel;
  std::multimap<std::uint64_t, int> sorted; // by tick
  std::vector<std::unique_ptr<numbered_deadline>> all;
  platform::nanoseconds now = 0;
  for (int round = 0; round < 3000; ++round) {
    all.push_back(std::make_unique<numbered_deadline>());
    all.back()->number = round;
    const auto ahead = static_cast<platform::nanoseconds>(random.below(std::uint64_t{1} << random.below(38)));
    wheel.add(*all.back(), now, now + ahead);
    sorted.emplace(all.back()->tick, round);
    if (random.below(4) == 0) {
      const auto which = random.below(all.size());
      const auto place = std::ranges::find_if(
          sorted, [&](const auto& each) { return each.second == static_cast<int>(which); });
      CHECK(wheel.remove(*all[which]) == (place != sorted.end()));
      if (place != sorted.end()) sorted.erase(place);
    }
    now += static_cast<platform::nanoseconds>(random.below(std::uint64_t{1} << random.below(36)));
    auto got = fired(wheel, now);
    std::vector<int> expected;
    while (!sorted.empty() && static_cast<platform::nanoseconds>(sorted.begin()->first) <= now / tick) {
      expected.push_back(sorted.begin()->second);
      sorted.erase(sorted.begin());
    }
    std::ranges::sort(got);
    std::ranges::sort(expected);
    REQUIRE(got == expected);
    REQUIRE(wheel.size() == sorted.size());
  }
}

TEST_CASE("a deadline that was taken back does not fire, nor does the wheel ask to be called for it") {
  deadline_wheel wheel;
  numbered_deadline due;
  wheel.add(due, 0, 5 * tick);
  CHECK(wheel.next() == 5 * tick);
  CHECK(wheel.remove(due));
  CHECK_FALSE(wheel.remove(due));
  CHECK_FALSE(wheel.next());
  CHECK(fired(wheel, 10 * tick).empty());
}

TEST_CASE("deadlines set and taken back by several threads fire once or not at all", "[concurrent]") {
  deadline_wheels wheels;
  std::atomic<int> taken_back = 0;
  int fired = 0;
  std::atomic<int> at_work = 3;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      platform::random_stream random{static_cast<std::uint64_t>(t), "wheel", "threads"};
      std::vector<deadline_wheels::entry> own(20'000);
      for (auto& each : own)
        wheels.add(each, 0, static_cast<platform::nanoseconds>(random.below(100)) * tick);
      for (auto& each : own) taken_back += wheels.remove(each);
      --at_work;
    });
  for (platform::nanoseconds now = 0; at_work > 0; now += tick) wheels.advance(now, [&](auto&) { ++fired; });
  threads.clear();
  CHECK(fired + taken_back == 60'000);
  CHECK(wheels.size() == 0);
}
