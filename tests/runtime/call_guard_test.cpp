#include "vesta/runtime/call_guard.hpp"

#include <catch2/catch.hpp>

#include <string_view>

using namespace vesta;

namespace {

using why = call_refusal;

/// One idea at a time: all policies wide open, but for what a test closes.
call_policy wide() {
  call_policy policy{.whole_ns = 1000, .try_ns = 100, .tries = 3};
  policy.pauses = {.first_ns = 10, .factor = 2, .most_ns = 100, .jitter = 0};
  policy.breaker = {.window_calls = 4, .min_calls = 2, .open_ns = 200, .probes = 1, .probe_lease_ns = 150};
  policy.places = {.at_once = 8, .lease_ns = 150};
  policy.rate = {.calls = 1, .per_ns = 1, .burst = 1000};
  return policy;
}

} // namespace

TEST_CASE("a call that fails is tried again after growing pauses, as often as its policy says") {
  call_guard guard(wide());
  platform::random_stream random(1);
  auto call = guard.begin(0);
  CHECK(guard.attempt(call, 0).at == 100);
  guard.outcome(call, false, 20);
  CHECK(guard.retry_at(call, 20, random) == 30);
  CHECK(guard.attempt(call, 30).at == 130);
  guard.outcome(call, true, 50); // half of them: the breaker would open at the next
  auto other = guard.begin(50);
  CHECK(guard.attempt(other, 50).why == why::open);
}

TEST_CASE("what refuses a call is named, with the moment when it may pass") {
  SECTION("all tries are used up") {
    auto policy = wide();
    policy.tries = 1;
    call_guard guard(policy);
    platform::random_stream random(1);
    auto call = guard.begin(0);
    CHECK(guard.attempt(call, 0).why == why::none);
    guard.outcome(call, false, 1);
    CHECK_FALSE(guard.retry_at(call, 1, random));
    CHECK(guard.attempt(call, 1).why == why::tries_out);
  }
  SECTION("its time is used up") {
    call_guard guard(wide());
    auto call = guard.begin(0);
    CHECK(guard.attempt(call, 999).at == 1000); // a try is cut to what is left
    auto late = guard.begin(0);
    CHECK(guard.attempt(late, 1000).why == why::no_time);
  }
  SECTION("all places are taken, until the oldest lease ends") {
    auto policy = wide();
    policy.places.at_once = 1;
    call_guard guard(policy);
    auto first = guard.begin(0), second = guard.begin(0);
    CHECK(guard.attempt(first, 0).why == why::none);
    const auto refused = guard.attempt(second, 1);
    CHECK(refused.why == why::full);
    CHECK(refused.at == 150);
    CHECK(guard.attempt(second, 149).why == why::full);
    CHECK(guard.attempt(second, 150).why == why::none);
  }
  SECTION("too many in too short a time") {
    auto policy = wide();
    policy.rate = {.calls = 1, .per_ns = 50, .burst = 1};
    call_guard guard(policy);
    auto first = guard.begin(0), second = guard.begin(0);
    CHECK(guard.attempt(first, 0).why == why::none);
    const auto refused = guard.attempt(second, 10);
    CHECK(refused.why == why::rate);
    CHECK(refused.at == 50);
    CHECK(guard.attempt(second, 50).why == why::none);
  }
}

TEST_CASE("a refusal uses up no try, no place, no probe and no part of the rate") {
  auto policy = wide();
  policy.places.at_once = 2;
  policy.rate = {.calls = 1, .per_ns = 1000, .burst = 3};
  call_guard guard(policy);
  guarded_call calls[] = {guard.begin(0), guard.begin(0), guard.begin(0)};
  CHECK(guard.attempt(calls[0], 0).why == why::none);
  CHECK(guard.attempt(calls[1], 0).why == why::none);
  for (int i = 0; i < 10; ++i) CHECK(guard.attempt(calls[2], 0).why == why::full);
  guard.outcome(calls[0], false, 1);
  guard.outcome(calls[1], false, 1); // the breaker opens
  CHECK(calls[2].tries == 0);
  for (int i = 0; i < 10; ++i) CHECK(guard.attempt(calls[2], 2).why == why::open);
  CHECK(guard.attempt(calls[2], 201).why == why::none); // the third of the burst, and the only probe
  auto fourth = guard.begin(201);
  guard.outcome(calls[2], true, 202);
  for (int i = 0; i < 10; ++i) CHECK(guard.attempt(fourth, 202).why == why::rate);
  CHECK(guard.breaker().now_in() == circuit_breaker::state::closed);
}

TEST_CASE("a probe that the rate limiter refused is free for the next call") {
  auto policy = wide();
  policy.rate = {.calls = 1, .per_ns = 250, .burst = 2};
  call_guard guard(policy);
  for (int i = 0; i < 2; ++i) {
    auto call = guard.begin(0);
    REQUIRE(guard.attempt(call, 0).why == why::none);
    guard.outcome(call, false, 0);
  }
  auto call = guard.begin(0);
  CHECK(guard.attempt(call, 200).why == why::rate);
  CHECK(guard.attempt(call, 250).why == why::none);
}

TEST_CASE("an outcome that is reported twice, also by a copy, or after its lease has ended, counts once") {
  call_guard guard(wide());
  auto call = guard.begin(0);
  REQUIRE(guard.attempt(call, 0).why == why::none);
  auto copy = call;
  guard.outcome(call, true, 1);
  guard.outcome(call, false, 1);
  guard.outcome(copy, false, 1);
  CHECK(guard.breaker().calls() == 1);
  REQUIRE(guard.attempt(call, 1).why == why::none);
  guard.outcome(call, false, 151);
  CHECK(guard.breaker().calls() == 1);
}

TEST_CASE("a pause that would last beyond the call's time is not begun") {
  auto policy = wide();
  policy.pauses.first_ns = 60;
  call_guard guard(policy);
  platform::random_stream random(1);
  auto call = guard.begin(0);
  REQUIRE(guard.attempt(call, 900).why == why::none);
  auto later = call;
  CHECK(guard.retry_at(call, 939, random) == 999);
  CHECK_FALSE(guard.retry_at(later, 940, random));
}

TEST_CASE("a call policy's contradictions are refused with a sentence") {
  CHECK(check(call_policy{}).ok());
  CHECK(check(wide()).ok());
  const auto refused = [](auto change) {
    auto policy = wide();
    change(policy);
    return std::string(check(policy).message());
  };
  CHECK(refused([](auto& p) { p.whole_ns = 0; }) ==
        "a call policy's whole_ns is 0; it is above 0 and a year at most");
  CHECK(refused([](auto& p) { p.try_ns = 0; }) == "a call policy's try_ns is 0; it is above 0");
  CHECK(refused([](auto& p) { p.tries = 0; }) == "a call policy's tries is 0; it is from 1 to 100");
  CHECK(refused([](auto& p) { p.try_ns = 150; }) ==
        "a call policy's try_ns is 150; it is less than the bulkhead's lease_ns, which is 150");
  CHECK(refused([](auto& p) { p.breaker.probe_lease_ns = 50; }) ==
        "a call policy's try_ns is 100; it is less than the circuit breaker's probe_lease_ns, which is 50");
  CHECK(refused([](auto& p) { p.rate.burst = 0; }) ==
        "a rate limiter's burst is 0; it is from 1 to 1,000,000");
}
