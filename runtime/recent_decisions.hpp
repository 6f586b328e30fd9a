#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/messages/alert.hpp"

namespace vesta {

/// What supervisors decided of late about all actors, for whoever has to understand an alert. Not
/// thread-safe.
class recent_decisions {
public:
  /// So many are kept; an alert shows the last few about its actor.
  static constexpr std::size_t kept_max = 256, shown_max = 16;

  void add(const failure& what, remedy chosen);
  /// An alert without its time and what the node knows.
  alert about(const escalation& what) const;

private:
  struct entry {
    std::string actor;
    decision what;
  };
  std::deque<entry> kept_; ///< the oldest first
  std::uint64_t failures_ = 0, restarts_ = 0;
};

} // namespace vesta
