#include "vesta/runtime/call_guard.hpp"

#include <fmt/format.h>
#include <utility>

namespace vesta {

absl::Status check(const call_policy& policy) {
  const auto refuse = [](std::string_view name, auto value, std::string_view range) {
    return absl::InvalidArgumentError(fmt::format("a call policy's {} is {}; it is {}", name, value, range));
  };
  if (policy.whole_ns <= 0 || policy.whole_ns > 365L * 86'400'000'000'000)
    return refuse("whole_ns", policy.whole_ns, "above 0 and a year at most");
  if (policy.try_ns <= 0) return refuse("try_ns", policy.try_ns, "above 0");
  if (policy.tries < 1 || policy.tries > 100) return refuse("tries", policy.tries, "from 1 to 100");
  for (auto status : {check(policy.pauses), check(policy.breaker), check(policy.places), check(policy.rate)})
    if (!status.ok()) return status;
  // Else an outcome that comes in time would find its lease ended, and would not count.
  if (policy.try_ns >= policy.places.lease_ns)
    return refuse("try_ns", policy.try_ns,
                  fmt::format("less than the bulkhead's lease_ns, which is {}", policy.places.lease_ns));
  if (policy.try_ns >= policy.breaker.probe_lease_ns)
    return refuse("try_ns", policy.try_ns,
                  fmt::format("less than the circuit breaker's probe_lease_ns, which is {}",
                              policy.breaker.probe_lease_ns));
  return absl::OkStatus();
}

call_guard::call_guard(const call_policy& policy)
    : policy_(policy), breaker_(policy.breaker), places_(policy.places), rate_(policy.rate) {}

guarded_call call_guard::begin(platform::nanoseconds now) const {
  return {deadline_budget(now, policy_.whole_ns), backoff(policy_.pauses)};
}

call_verdict call_guard::attempt(guarded_call& call, platform::nanoseconds now) {
  if (call.tries >= policy_.tries) return {call_refusal::tries_out};
  const auto deadline = call.time.deadline_of_try(now, policy_.try_ns);
  if (!deadline) return {call_refusal::no_time};
  auto circuit = breaker_.enter(now);
  if (!circuit) return {call_refusal::open, breaker_.next_chance(now)};
  const auto place = places_.enter(now);
  if (!place) {
    breaker_.cancel(*circuit, now);
    return {call_refusal::full, places_.next_end().value_or(now)};
  }
  if (!rate_.take(now)) {
    places_.leave(*place, now);
    breaker_.cancel(*circuit, now);
    return {call_refusal::rate, rate_.next_chance(now)};
  }
  ++call.tries;
  call.place = *place;
  call.circuit = *circuit;
  return {call_refusal::none, *deadline};
}

void call_guard::outcome(guarded_call& call, bool succeeded, platform::nanoseconds now) {
  if (places_.leave(std::exchange(call.place, {}), now)) breaker_.record(call.circuit, succeeded, now);
}

std::optional<platform::nanoseconds> call_guard::retry_at(guarded_call& call, platform::nanoseconds now,
                                                          platform::random_stream& random) const {
  if (call.tries >= policy_.tries) return std::nullopt;
  return call.time.after_pause(now, call.pauses.next_pause(now, random));
}

} // namespace vesta
