#include "vesta/runtime/job_ring.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <thread>
#include <vector>

using vesta::detail::job_ring;

namespace {

/// A job's number as the pointer that the ring never follows.
caf::resumable* job(std::uintptr_t number) { return reinterpret_cast<caf::resumable*>(number); }
std::uintptr_t number(caf::resumable* what) { return reinterpret_cast<std::uintptr_t>(what); }

} // namespace

TEST_CASE("a ring gives jobs to its owner in their order, and says when it is full") {
  job_ring ring;
  CHECK_FALSE(ring.pop());
  for (std::uintptr_t i = 1; i <= job_ring::room; ++i) REQUIRE(ring.push(job(i)));
  CHECK_FALSE(ring.push(job(1000)));
  for (std::uintptr_t i = 1; i <= job_ring::room; ++i) REQUIRE(number(ring.pop()) == i);
  CHECK(ring.size() == 0);
}

TEST_CASE("a thief takes the older half, and one of it to run") {
  job_ring victim, thief;
  CHECK_FALSE(victim.steal(thief));
  for (std::uintptr_t i = 1; i <= 5; ++i) victim.push(job(i));
  CHECK(number(victim.steal(thief)) == 3);
  CHECK(thief.size() == 2);
  CHECK(number(thief.pop()) == 1);
  CHECK(number(victim.pop()) == 4);
}

TEST_CASE("an owner and two thieves get each of a million jobs once", "[concurrent]") {
  constexpr std::uintptr_t count = 1'000'000;
  job_ring ring;
  std::atomic<bool> over = false;
  std::vector<std::uintptr_t> got[3];
  std::vector<std::thread> thieves;
  for (int t = 1; t < 3; ++t)
    thieves.emplace_back([&, t] {
      job_ring own;
      while (!over)
        for (auto* what = ring.steal(own); what; what = own.pop()) got[t].push_back(number(what));
    });
  for (std::uintptr_t i = 1; i <= count;) {
    if (ring.push(job(i)))
      ++i;
    else if (auto* what = ring.pop())
      got[0].push_back(number(what));
  }
  while (auto* what = ring.pop()) got[0].push_back(number(what));
  over = true;
  for (auto& each : thieves) each.join();
  std::vector<std::uintptr_t> all;
  for (const auto& each : got) all.insert(all.end(), each.begin(), each.end());
  std::ranges::sort(all);
  REQUIRE(all.size() == count);
  CHECK(all.front() == 1);
  CHECK(all.back() == count);
  CHECK(std::ranges::adjacent_find(all) == all.end());
}
