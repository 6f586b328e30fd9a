#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>

namespace vesta::platform {

/// Nanoseconds on a monotonic clock whose zero is arbitrary. A plain integer, so that it can ride in
/// messages.
using nanoseconds = std::int64_t;

/// Time as the actors see it. Thread-safe.
class clock {
public:
  virtual ~clock() = default;
  /// Monotonic now.
  virtual nanoseconds now() const = 0;
  /// Wall-clock nanoseconds since 1970, for reports alone; it may jump.
  virtual nanoseconds wall() const = 0;
};

/// CLOCK_MONOTONIC and CLOCK_REALTIME.
clock& steady_clock();

/// "2026-11-21T14:10:55.123Z" of nanoseconds since 1970.
std::string utc_text(nanoseconds wall_ns);

/// A clock that moves only when told to.
/// 73 years: who waits for longer waits so long. Two of them can be added.
inline constexpr nanoseconds longest_wait = nanoseconds{1} << 61;

class virtual_clock final : public clock {
public:
  nanoseconds now() const override { return now_; }
  nanoseconds wall() const override { return now_; }
  /// Moves forward by `by`, which is not negative, up to `longest_wait` at most.
  void advance(nanoseconds by) { now_ += std::min(by, longest_wait - now_); }

private:
  std::atomic<nanoseconds> now_ = 0;
};

} // namespace vesta::platform
