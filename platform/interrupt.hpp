#pragma once

#include "vesta/platform/clock.hpp"

namespace vesta::platform {

/// While one lives, the first Ctrl-C (SIGINT), SIGTERM or SIGHUP of this process is only remembered, so that
/// the program can end in good order; a second one ends it at once, as without this. At most one lives at a
/// time.
class interrupt {
public:
  interrupt();
  ~interrupt();
  interrupt(const interrupt&) = delete;
  interrupt& operator=(const interrupt&) = delete;

  /// Whether a signal came.
  bool came() const;
  /// Sleeps for `timeout`, or until a signal comes; true if one did, now or before. Any thread.
  bool wait(nanoseconds timeout) const;
};

} // namespace vesta::platform
