#pragma once

#include <cstddef>
#include <cstdint>

#include "vesta/platform/topology.hpp"

namespace vesta {

/// What workers have done since the start. Each figure is exact for itself; together they are no snapshot.
struct scheduler_counters {
  std::uint64_t resumes = 0; ///< times that an actor was run, for one message or a batch of them
  std::uint64_t last_in = 0; ///< of these, taken from the worker's own last-in slot
  std::uint64_t queued = 0;  ///< of these, taken from a queue
  std::uint64_t steals = 0;  ///< times that a worker took half of another's queue
  std::uint64_t parks = 0;   ///< times that a worker found nothing to do and slept
  std::int64_t busy_ns = 0;  ///< time between waking and parking; of a host: inside ticks
  std::size_t waiting = 0;   ///< actors that are ready and wait in the worker's own queues, just now
};

struct worker_report {
  int core = 0; ///< -1: those of a host that ticks
  platform::core_class pool = platform::core_class::performance;
  /// False while the system refuses, as for a core that is offline: the worker runs on, wherever it is put,
  /// and tries again every 1,024 turns.
  bool pinned = false;
  scheduler_counters counters;
};

} // namespace vesta
