#include "vesta/runtime/bulkhead.hpp"

#include <catch2/catch.hpp>

#include <map>

#include "vesta/platform/random.hpp"

using namespace vesta;

TEST_CASE("a bulkhead lets in as many calls as it has places, and the next when one has left") {
  bulkhead places({.at_once = 2, .lease_ns = 100});
  const auto first = places.enter(0), second = places.enter(0);
  REQUIRE(first);
  REQUIRE(second);
  CHECK_FALSE(places.enter(0));
  CHECK(places.leave(*first, 1));
  CHECK(places.enter(1));
  CHECK_FALSE(places.enter(1));
  CHECK(places.in_use(1) == 2);
}

TEST_CASE("a place that is given back twice is given back once") {
  bulkhead places({.at_once = 1, .lease_ns = 100});
  const auto first = places.enter(0);
  CHECK(places.leave(*first, 1));
  CHECK_FALSE(places.leave(*first, 1));
  const auto second = places.enter(1);
  REQUIRE(second);
  CHECK_FALSE(places.leave(*first, 2)); // the place is another's now
  CHECK(places.in_use(2) == 1);
  CHECK(places.leave(*second, 2));
}

TEST_CASE("what is no lease gives nothing back") {
  bulkhead places({.at_once = 1, .lease_ns = 100});
  REQUIRE(places.enter(0));
  CHECK_FALSE(places.leave({}, 0));
  CHECK_FALSE(places.leave({.place = 1, .number = 1}, 0));
  CHECK_FALSE(places.leave({.place = ~0U, .number = 1}, 0));
  CHECK(places.in_use(0) == 1);
}

TEST_CASE("a lease ends at its end: one before it the place is taken, at it it is free") {
  struct row {
    platform::nanoseconds now;
    bool left, entered;
  };
  for (const auto& each : {row{109, true, false}, row{110, false, true}, row{1000, false, true}}) {
    CAPTURE(each.now);
    bulkhead places({.at_once = 1, .lease_ns = 100});
    const auto held = places.enter(10);
    CHECK(places.next_end() == 110);
    auto other = places;
    CHECK(other.leave(*held, each.now) == each.left);
    CHECK(places.enter(each.now).has_value() == each.entered);
  }
}

TEST_CASE("places that are never given back are free again, whatever was given back between them") {
  bulkhead places({.at_once = 3, .lease_ns = 100});
  places.enter(0);
  const auto middle = places.enter(10);
  places.enter(20);
  CHECK(places.leave(*middle, 30));
  CHECK(places.in_use(99) == 2);
  CHECK(places.in_use(100) == 1);
  CHECK(places.next_end() == 120);
  CHECK(places.in_use(120) == 0);
  CHECK_FALSE(places.next_end());
}

TEST_CASE("a bulkhead does at each step what a list of leases would do") {
  platform::random_stream random(1, "bulkhead", "steps");
  bulkhead places({.at_once = 5, .lease_ns = 50});
  std::map<std::pair<std::uint32_t, std::uint32_t>, platform::nanoseconds> ends; // of the leases
  std::vector<lease> all;
  platform::nanoseconds now = 0;
  for (int step = 0; step < 20'000; ++step) {
    now += static_cast<platform::nanoseconds>(random.below(12));
    std::erase_if(ends, [&](const auto& each) { return each.second <= now; });
    if (random.below(2) == 0) {
      const auto got = places.enter(now);
      REQUIRE(got.has_value() == (ends.size() < 5));
      if (!got) continue;
      REQUIRE(ends.emplace(std::pair(got->place, got->number), now + 50).second);
      all.push_back(*got);
    } else if (!all.empty()) {
      const auto& some = all[all.size() - 1 - random.below(std::min<std::size_t>(all.size(), 10))];
      REQUIRE(places.leave(some, now) == (ends.erase({some.place, some.number}) == 1));
    }
    REQUIRE(places.in_use(now) == ends.size());
  }
}

TEST_CASE("a bulkhead's settings out of range are refused with their name and range") {
  CHECK(check(bulkhead_settings{}).ok());
  CHECK(check(bulkhead_settings{.at_once = 0}).message() ==
        "a bulkhead's at_once is 0; it is from 1 to 65,536");
  CHECK_FALSE(check(bulkhead_settings{.at_once = 65'537}).ok());
  CHECK(check(bulkhead_settings{.lease_ns = 0}).message() ==
        "a bulkhead's lease_ns is 0; it is above 0 and a year at most");
}
