#pragma once

#include <algorithm>
#include <optional>

#include "vesta/platform/clock.hpp"

namespace vesta {

/// The time that a call has in all, whatever it is spent on: tries, and pauses between them. A value of 8
/// bytes.
class deadline_budget {
public:
  /// `whole_ns` is 0 or above.
  deadline_budget(platform::nanoseconds now, platform::nanoseconds whole_ns) : ends_at_(now + whole_ns) {}

  platform::nanoseconds ends_at() const { return ends_at_; }
  /// 0 from its end on.
  platform::nanoseconds left(platform::nanoseconds now) const {
    return std::max<platform::nanoseconds>(0, ends_at_ - now);
  }
  /// When a try that begins now and may take `try_ns` is to be given up. Unset: no time is left to begin it.
  std::optional<platform::nanoseconds> deadline_of_try(platform::nanoseconds now,
                                                       platform::nanoseconds try_ns) const {
    if (now >= ends_at_) return std::nullopt;
    return now + std::min(try_ns, ends_at_ - now);
  }
  /// When a try after this pause may begin. Unset: not before the end, so the pause would be in vain.
  std::optional<platform::nanoseconds> after_pause(platform::nanoseconds now,
                                                   platform::nanoseconds pause_ns) const {
    if (pause_ns >= left(now)) return std::nullopt;
    return now + pause_ns;
  }

private:
  platform::nanoseconds ends_at_;
};

} // namespace vesta
