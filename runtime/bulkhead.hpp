#pragma once

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "vesta/platform/clock.hpp"

namespace vesta {

struct bulkhead_settings {
  std::uint32_t at_once = 16; ///< 1 to 65,536 calls under way; 1: one after the other
  /// Above 0, a year at most. How long a place stays taken when it is not given back: longer than any call
  /// that is still waited for. Short: more than `at_once` may be under way; long: a lost place is missed for
  /// long.
  platform::nanoseconds lease_ns = 60'000'000'000;
};

/// What is out of range, in a sentence.
absl::Status check(const bulkhead_settings& settings);

/// A place in a bulkhead, lent for a time. A plain value, so that an actor's state can carry it.
struct lease {
  std::uint32_t place = 0;
  std::uint32_t number = 0; ///< 0: none
};

/// At most so many calls at once. A place is lent, not given: one that is never given back, because the
/// caller is gone or the answer was lost, is free again when its lease ends. Allocates when it is made and
/// when it is copied, not afterwards. Used by one actor at a time; its `now` does not go back.
class bulkhead {
public:
  /// `settings` pass `check`.
  explicit bulkhead(const bulkhead_settings& settings);

  /// Unset: all places are taken.
  std::optional<lease> enter(platform::nanoseconds now);
  /// False, and nothing changes, when the lease has ended: it ran out, it was given back before, or it never
  /// was one. A lease ends at its end: one of 10 ns that began at 0 has ended at 10.
  bool leave(lease held, platform::nanoseconds now);
  /// Ends all leases.
  void clear();

  std::uint32_t in_use(platform::nanoseconds now);
  /// When the oldest lease runs out; unset without one.
  std::optional<platform::nanoseconds> next_end() const;

private:
  static constexpr std::uint32_t none = ~std::uint32_t{0};

  /// Places that are taken form a list, oldest first, which is also the order of their ends; free ones form
  /// another.
  struct place {
    platform::nanoseconds ends_at = 0;
    std::uint32_t number = 1; ///< of the lease that has it, or will
    std::uint32_t next = none, before = none;
  };

  void end_old(platform::nanoseconds now);
  void release(std::uint32_t index);

  platform::nanoseconds lease_ns_;
  std::vector<place> places_;
  std::uint32_t oldest_ = none, newest_ = none, free_ = none;
  std::uint32_t in_use_ = 0;
};

} // namespace vesta
