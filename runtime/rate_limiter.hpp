#pragma once

#include <absl/status/status.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "vesta/platform/clock.hpp"

namespace vesta {

struct rate_limiter_settings {
  std::uint32_t calls = 1000;                   ///< 1 and above: so many calls ...
  platform::nanoseconds per_ns = 1'000'000'000; ///< ... in this time on average; above 0, a day at most
  std::uint32_t burst = 100; ///< 1 to 1,000,000 calls at one moment after a rest; 1: evenly spaced
};

/// What is out of range, in a sentence.
absl::Status check(const rate_limiter_settings& settings);

/// So many calls in a time, with bursts: the generic cell rate algorithm (ITU-T I.371), a token bucket that
/// needs no refilling, for all its state is the moment at which the bucket is full again. The time between
/// two calls is rounded up to whole nanoseconds. Allocates nothing. Used by one actor at a time. A clock that
/// stands still yields one burst and no more; one that goes back delays.
class rate_limiter {
public:
  /// `settings` pass `check`.
  explicit rate_limiter(const rate_limiter_settings& settings)
      : interval_ns_((settings.per_ns + settings.calls - 1) / settings.calls),
        burst_ns_(interval_ns_ * settings.burst) {}

  /// Takes one call's worth, or nothing when there is none.
  bool take(platform::nanoseconds now) {
    const auto full_at = std::max(full_at_, now) + interval_ns_;
    if (full_at - now > burst_ns_) return false;
    full_at_ = full_at;
    return true;
  }
  /// When `take` will succeed, `now` if it would already.
  platform::nanoseconds next_chance(platform::nanoseconds now) const {
    return std::max(now, std::max(full_at_, now) + interval_ns_ - burst_ns_);
  }

private:
  platform::nanoseconds interval_ns_, burst_ns_;
  platform::nanoseconds full_at_ = std::numeric_limits<platform::nanoseconds>::min();
};

} // namespace vesta
