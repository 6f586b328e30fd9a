#pragma once

#include <absl/status/status.h>

#include <cstdint>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/random.hpp"

namespace vesta {

struct backoff_settings {
  platform::nanoseconds first_ns = 10'000'000; ///< above 0: the first pause
  double factor = 2;                           ///< 1 to 100: each pause by so much longer than the one before
  platform::nanoseconds most_ns = 10'000'000'000; ///< first_ns to 30 days: no pause is longer
  /// 0 to 1: a pause is shortened by a random share of itself of at most this much. 0: those that failed
  /// together try again together; 1: as soon as at once.
  double jitter = 0.5;
  /// 0 and above: without a failure for so long after a pause, the next one is the first again. 0: always.
  platform::nanoseconds healthy_ns = 30'000'000'000;
};

/// What is out of range, in a sentence.
absl::Status check(const backoff_settings& settings);

/// Pauses between tries of one thing, each longer than the one before. Allocates nothing. A value type; used
/// by one actor at a time.
class backoff {
public:
  /// `settings` pass `check`.
  explicit backoff(const backoff_settings& settings) : settings_(settings) {}

  /// It failed at `now`: how long to wait before it is tried again. One number is drawn.
  platform::nanoseconds next_pause(platform::nanoseconds now, platform::random_stream& random);
  /// It is well: the next pause is the first again.
  void reset() { full_ns_ = 0; }

private:
  backoff_settings settings_;
  platform::nanoseconds full_ns_ = 0;  ///< the last pause before the jitter; 0: there was none
  platform::nanoseconds tried_at_ = 0; ///< when it ended
};

} // namespace vesta
