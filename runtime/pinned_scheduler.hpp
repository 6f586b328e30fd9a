#pragma once

#include <caf/fwd.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vesta/platform/topology.hpp"
#include "vesta/runtime/scheduler_counters.hpp"

namespace vesta {

struct pinned_options {
  /// One worker for each core of each list; neither is empty.
  platform::topology cores;
  /// Messages that an actor handles before another one has its turn. Small: fair; large: fewer switches. The
  /// option `scheduler.max-throughput` of CAF, where set, comes first.
  std::size_t throughput = 64;
  /// How often in a row a worker runs next what the last handler made ready, on a warm cache, while other
  /// work waits.
  std::size_t last_in_budget = 64;
  /// A worker looks into its pool's queue at least once in so many jobs; at least 1.
  std::uint32_t queues_first_every = 61;
  /// How long a worker that found nothing looks on before it sleeps. It spends the core for latency.
  std::chrono::nanoseconds spin{0};
  /// What waits behind a handler that runs for longer than this is run by a spare thread on the same core;
  /// 0: never. Looking for such handlers costs two wake-ups in that time, while anything runs.
  std::chrono::milliseconds rescue_after{1000};
};

/// CAF's scheduler with two pools of workers, each worker pinned on its core. An actor runs where the
/// placement in its flags says (`messages/placement.hpp`): in one of the pools, in the one with less work, or
/// on one core. What has no placement of its own and is no actor runs on the efficiency cores; so does CAF's
/// printer (`aout`), and the thread of the clock. Work is shared inside a pool and never crosses to the other
/// one.
///
/// An actor made ready by a worker for its own pool runs next on that worker, at most 64 times in a row; it
/// waits there until the running one yields. A core that has no worker stands for the efficiency pool. A
/// worker with nothing to do sleeps until it is woken. `caf::actor_system`'s destructor stops the workers
/// after the job at hand; actors that still wait for their turn are ended with `exit_reason::user_shutdown`.
/// It must not run inside an actor's handler.
class pinned_scheduler {
public:
  virtual ~pinned_scheduler() = default;
  /// One row a worker: performance cores first. Any thread.
  virtual std::vector<worker_report> workers() const = 0;
  /// The sum over all workers. Any thread.
  scheduler_counters counters() const;
  /// Actors that are ready and wait for a turn, in the workers' queues or in those of a pool. Any thread.
  virtual std::size_t waiting() const = 0;
};

/// Gives the system that is made from `config` this scheduler.
void use_pinned_scheduler(caf::actor_system_config& config, pinned_options options);

/// Null when the system runs another scheduler. Lives as long as the system.
pinned_scheduler* pinned_scheduler_of(caf::actor_system& system);

} // namespace vesta
