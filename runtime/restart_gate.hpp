#pragma once

#include <absl/container/flat_hash_map.h>
#include <cstddef>
#include <deque>
#include <optional>

#include "vesta/platform/clock.hpp"

namespace vesta {

/// A supervisor's storm cap: so many of its children restart at a time, the others wait in line. Who has not
/// come back after a second no longer counts, so that a start that hangs holds up no one for longer. Used by
/// one actor at a time.
class restart_gate {
public:
  static constexpr platform::nanoseconds patience_ns = 1'000'000'000;

  /// True: the child restarts now, if at most `at_once`, 1 or more, do so. Else it waits in line.
  bool enter(std::size_t child, std::size_t at_once, platform::nanoseconds now);
  /// It is back, or will not come back.
  void leave(std::size_t child);
  /// The next in line, which restarts now. None when nobody waits, or as many as may do restart already.
  std::optional<std::size_t> next(std::size_t at_once, platform::nanoseconds now);
  bool is_empty() const { return restarting_.empty() && line_.empty(); }
  bool has_line() const { return !line_.empty(); }

private:
  bool has_room(std::size_t at_once, platform::nanoseconds now);

  absl::flat_hash_map<std::size_t, platform::nanoseconds> restarting_; ///< since when, by child
  std::deque<std::size_t> line_;
};

} // namespace vesta
