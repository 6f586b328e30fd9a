// What the policies around a call cost the caller: time budget, circuit breaker, bulkhead, rate limiter,
// retry. Every operator new of this program is counted.

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include "figures.hpp"
#include "vesta/runtime/call_guard.hpp"

namespace vesta::bench {
namespace {

std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (auto* room = std::malloc(std::max<std::size_t>(size, 1))) return room;
  throw std::bad_alloc();
}

constexpr double policies_ns_max = 100, open_ns_max = 30;
constexpr int rounds = 2000, calls_a_round = 1000;

/// Nothing of it refuses a call, but each is asked.
constexpr call_policy policy{.whole_ns = 10'000'000'000,
                             .try_ns = 2'000'000'000,
                             .rate = {.calls = 4'000'000'000, .burst = 1'000'000}};

/// Nanoseconds a call, a sample each round of calls; the time is made up, for a clock's cost is its own.
template <class Call>
spread timed(Call call) {
  std::vector<double> samples;
  samples.reserve(rounds);
  for (int round = 0; round < rounds; ++round) {
    const auto begin = now_ns();
    for (int i = 0; i < calls_a_round; ++i) call();
    samples.push_back((now_ns() - begin) / calls_a_round);
  }
  return spread_of(std::move(samples));
}

struct figure {
  spread times;
  std::uint64_t allocations = 0;
};

template <class Call>
figure measured(Call call) {
  timed(call); // warm
  const auto before = allocations.load();
  const auto times = timed(call);
  return {times, allocations.load() - before - 1}; // less the samples
}

figure calls_that_succeed() {
  call_guard guard(policy);
  platform::nanoseconds now = 0;
  return measured([&] {
    auto call = guard.begin(++now);
    if (guard.attempt(call, now).why != call_refusal::none) std::abort();
    guard.outcome(call, true, ++now);
  });
}

/// Each fails once and succeeds when it is tried again.
figure calls_that_are_tried_again() {
  auto patient = policy;
  patient.breaker.failure_percent = 100;
  call_guard guard(patient);
  platform::random_stream random(1, "bench", "pauses");
  platform::nanoseconds now = 0;
  return measured([&] {
    auto call = guard.begin(++now);
    if (guard.attempt(call, now).why != call_refusal::none) std::abort();
    guard.outcome(call, false, ++now);
    const auto again = guard.retry_at(call, now, random);
    if (!again || guard.attempt(call, now = *again).why != call_refusal::none) std::abort();
    guard.outcome(call, true, ++now);
  });
}

/// As many others are under way as the bulkhead has places for, less one.
figure calls_among_many() {
  auto wide = policy;
  wide.places.at_once = 1000;
  call_guard guard(wide);
  std::vector<guarded_call> calls(999, guard.begin(0));
  for (auto& each : calls) guard.attempt(each, 0);
  std::size_t next = 0;
  platform::nanoseconds now = 0;
  return measured([&] {
    auto& call = calls[next++ % calls.size()];
    guard.outcome(call, true, ++now);
    call = guard.begin(now);
    if (guard.attempt(call, now).why != call_refusal::none) std::abort();
  });
}

figure calls_that_are_refused() {
  auto quick = policy;
  quick.breaker.min_calls = 1;
  quick.breaker.open_ns = 1'000'000'000'000;
  call_guard guard(quick);
  auto failed = guard.begin(0);
  guard.attempt(failed, 0);
  guard.outcome(failed, false, 0);
  platform::nanoseconds now = 0;
  return measured([&] {
    auto call = guard.begin(++now);
    if (guard.attempt(call, now).why != call_refusal::open) std::abort();
  });
}

void run() {
  print_header("policies around a call (one sample: the mean of 1,000 calls)");
  const std::pair<std::string_view, figure> rows[] = {
      {"begin, attempt, outcome", calls_that_succeed()},
      {"the same, 998 other calls under way", calls_among_many()},
      {"a call that fails and is tried again", calls_that_are_tried_again()},
      {"the breaker is open", calls_that_are_refused()}};
  const limit limits[] = {{statistic::p99, policies_ns_max},
                          {statistic::p99, policies_ns_max},
                          {statistic::p99, 2 * policies_ns_max}, // they are two
                          {statistic::p99, open_ns_max}};
  std::uint64_t allocated = 0;
  for (std::size_t i = 0; i < std::size(rows); ++i) {
    print_row(rows[i].first, rows[i].second.times, limits[i]);
    allocated += rows[i].second.allocations;
  }
  print_value("allocations in all of these calls", "0", fmt::format("{}", allocated), allocated == 0);
}

} // namespace
} // namespace vesta::bench

void* operator new(std::size_t size) { return vesta::bench::counted(size); }
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }

int main() { vesta::bench::run(); }
