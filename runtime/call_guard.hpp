#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <optional>
#include <string>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/random.hpp"
#include "vesta/runtime/backoff.hpp"
#include "vesta/runtime/bulkhead.hpp"
#include "vesta/runtime/circuit_breaker.hpp"
#include "vesta/runtime/deadline_budget.hpp"
#include "vesta/runtime/rate_limiter.hpp"

namespace vesta {

/// How calls to one other actor, or to anything outside, are made.
struct call_policy {
  platform::nanoseconds whole_ns =
      10'000'000'000; ///< above 0, a year at most: for one call with all its tries and pauses
  platform::nanoseconds try_ns = 2'000'000'000; ///< above 0: for one try; less than the leases
  std::uint32_t tries = 3;                      ///< 1 to 100; 1: never again
  backoff_settings pauses = {};
  circuit_breaker_settings breaker = {};
  bulkhead_settings places = {};
  rate_limiter_settings rate = {};
};

/// A policy that an actor's spec names, so that its calls can go by it (`context::call`).
struct named_policy {
  std::string name;
  call_policy how = {};
};

/// The first thing that is out of range or contradicts another, in a sentence.
absl::Status check(const call_policy& policy);

/// One call, from its first try to its end. A plain value of its caller.
struct guarded_call {
  deadline_budget time;
  backoff pauses;
  std::uint32_t tries = 0;
  lease place;
  circuit_breaker::permit circuit;
};

enum class call_refusal : std::uint8_t {
  none,      ///< make the call
  open,      ///< the circuit breaker is open
  full,      ///< all places of the bulkhead are taken
  rate,      ///< too many calls in too short a time
  no_time,   ///< the call's time is used up
  tries_out, ///< all tries are used up
};

struct call_verdict {
  call_refusal why = call_refusal::none;
  /// When made, until when to wait for its outcome. When refused, when it may pass, as far as is known; 0:
  /// never.
  platform::nanoseconds at = 0;
};

/// The policies around a call, in their order: tries and time, circuit breaker, bulkhead, rate limiter. What
/// a later one refuses costs nothing with an earlier one. Allocates when it is made, not afterwards. Used by
/// one actor at a time; its `now` does not go back.
class call_guard {
public:
  /// `policy` passes `check`.
  explicit call_guard(const call_policy& policy);

  guarded_call begin(platform::nanoseconds now) const;
  /// Whether the next try may be made. A refusal is not a try. The one before has its `outcome`.
  call_verdict attempt(guarded_call& call, platform::nanoseconds now);
  /// Each try's outcome; a deadline that passed is a failure. A second one, or one that comes when the
  /// bulkhead's lease has ended, counts nowhere.
  void outcome(guarded_call& call, bool succeeded, platform::nanoseconds now);
  /// After a failure: when to attempt it again. Unset: no more tries, or no time for the pause.
  std::optional<platform::nanoseconds> retry_at(guarded_call& call, platform::nanoseconds now,
                                                platform::random_stream& random) const;

  const circuit_breaker& breaker() const { return breaker_; }

private:
  call_policy policy_;
  circuit_breaker breaker_;
  bulkhead places_;
  rate_limiter rate_;
};

} // namespace vesta
