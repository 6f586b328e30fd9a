#pragma once

#include <absl/status/status.h>

#include <array>
#include <cstdint>
#include <optional>

#include "vesta/platform/clock.hpp"
#include "vesta/runtime/bulkhead.hpp"

namespace vesta {

struct circuit_breaker_settings {
  std::uint32_t window_calls = 100;   ///< 1 to 256: so many of the last outcomes are looked at
  std::uint32_t min_calls = 20;       ///< 1 to window_calls: with fewer outcomes it stays closed
  std::uint32_t failure_percent = 50; ///< 1 to 100: opens when so many of them, or more, are failures
  platform::nanoseconds open_ns = 5'000'000'000; ///< above 0, a year at most: no call for so long
  std::uint32_t probes = 3; ///< 1 to 64 calls that are tried then; it closes when so many have succeeded
  /// Above 0, a year at most. A probe without an outcome for so long does not count, and another one may go.
  platform::nanoseconds probe_lease_ns = 10'000'000'000;
};

/// What is out of range, in a sentence.
absl::Status check(const circuit_breaker_settings& settings);

/// Stops calls to what fails too often, and lets a few through later to see whether it is well again (M.
/// Nygard, "Release It!", 2007). A probe's permit is a lease, so one whose outcome never comes cannot keep
/// the breaker half open for ever. An outcome counts in the period in which its call began: what was called
/// before it opened says nothing about what is there when it is half open. Allocates when it is made and
/// copied, not afterwards. Used by one actor at a time; its `now` does not go back.
class circuit_breaker {
public:
  enum class state : std::uint8_t { closed, open, half_open };

  /// For one call. A plain value, so that an actor's state can carry it; not to be copied to be used twice.
  struct permit {
    std::uint32_t period = 0; ///< 0: none, or used
    lease probe;
  };

  /// `settings` pass `check`.
  explicit circuit_breaker(const circuit_breaker_settings& settings);

  /// Unset: the call is not to be made.
  std::optional<permit> enter(platform::nanoseconds now);
  /// The outcome of the call; uses the permit up. Nothing happens for one that is used, or of an earlier
  /// period, or of a probe whose lease has ended.
  void record(permit& of, bool succeeded, platform::nanoseconds now);
  /// The call was not made after all; uses the permit up.
  void cancel(permit& of, platform::nanoseconds now);

  /// Half open begins with the first call after the open time.
  state now_in() const { return state_; }
  /// When `enter` may succeed next, as far as is known: not before `now`.
  platform::nanoseconds next_chance(platform::nanoseconds now) const;
  std::uint32_t calls() const { return calls_; }       ///< outcomes in the window
  std::uint32_t failures() const { return failures_; } ///< of them

private:
  void add(bool failed);
  void begin(state next, platform::nanoseconds now);

  circuit_breaker_settings settings_;
  bulkhead probes_;
  std::array<std::uint64_t, 4> failed_{}; ///< one bit an outcome, a ring
  std::uint32_t next_bit_ = 0, calls_ = 0, failures_ = 0;
  std::uint32_t period_ = 1;    ///< of one state; the outcomes of an earlier one do not count
  std::uint32_t succeeded_ = 0; ///< probes of this period
  platform::nanoseconds began_at_ = 0;
  state state_ = state::closed;
};

} // namespace vesta
