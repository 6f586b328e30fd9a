#include "vesta/runtime/rate_limiter.hpp"

#include <fmt/format.h>

namespace vesta {

absl::Status check(const rate_limiter_settings& settings) {
  constexpr platform::nanoseconds day = 86'400'000'000'000;
  if (settings.calls < 1) return absl::InvalidArgumentError("a rate limiter's calls is 0; it is 1 or above");
  if (settings.per_ns <= 0 || settings.per_ns > day)
    return absl::InvalidArgumentError(
        fmt::format("a rate limiter's per_ns is {}; it is above 0 and a day at most", settings.per_ns));
  if (settings.burst < 1 || settings.burst > 1'000'000)
    return absl::InvalidArgumentError(
        fmt::format("a rate limiter's burst is {}; it is from 1 to 1,000,000", settings.burst));
  const auto interval_ns = (settings.per_ns + settings.calls - 1) / settings.calls;
  if (interval_ns > 365 * day / settings.burst)
    return absl::InvalidArgumentError(fmt::format(
        "a rate limiter's burst of {} calls takes longer than a year to come back; lower it, or allow "
        "more calls in the time",
        settings.burst));
  return absl::OkStatus();
}

} // namespace vesta
