#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vesta/messages/report.hpp"
#include "vesta/runtime/scheduler_counters.hpp"

namespace vesta {

/// What the actors of one kind have done since the start.
struct kind_counters {
  std::string kind; ///< the actors' class, without its namespaces
  std::uint64_t actors = 0;
  std::uint64_t handled = 0; ///< messages whose handler returned
  std::uint64_t sent = 0;
  std::uint64_t failures = 0;
  std::uint64_t recovered = 0;  ///< failures that were got over
  std::uint64_t refused = 0;    ///< messages answered with an error or dropped: isolated, stopped
  std::uint64_t overflowed = 0; ///< messages for which an inbox had no room: refused, or dropped
  std::uint64_t waiting = 0;    ///< messages in inboxes, besides those of the turn at hand
  std::int64_t busy_ns = 0;     ///< in handlers, estimated from the sample
  histogram handler_times;      ///< of one message in 64
};

/// A node's counters, merged over threads. Each figure is exact for its own moment; together they are no
/// snapshot.
struct node_counters {
  std::int64_t at_ns = 0;             ///< on the steady clock
  std::uint64_t waiting = 0;          ///< actors that are ready and wait for a turn, wherever
  std::vector<worker_report> workers; ///< performance cores first; one for all of a host's threads that tick
  std::vector<kind_counters> kinds;   ///< in the order of their first actors' start

  /// Over all kinds; without name and handler times.
  kind_counters total() const;
};

/// The share of time that this class of cores was at work between two readings of one node, 0 to 1. None when
/// there is no worker of that class, or no time between.
std::optional<double> busy_share(const node_counters& before, const node_counters& now,
                                 platform::core_class which);

} // namespace vesta
