#pragma once

#include <caf/fwd.hpp>

#include "vesta/platform/clock.hpp"
#include "vesta/runtime/scheduler_counters.hpp"

namespace vesta {

/// A scheduler without a thread of its own: actors run on the threads that call it.
class driven_scheduler {
public:
  virtual ~driven_scheduler() = default;
  /// Runs some of the actors that are ready. False when nobody is.
  virtual bool run_ready() = 0;
  /// The same for who waits for an actor, again and again: where nobody is ready, time passes.
  virtual void run_on() = 0;
  /// Of all turns so far. `waiting` is that of the whole scheduler.
  virtual worker_report work() const = 0;
  /// The actors' time.
  virtual const platform::clock& time() const = 0;
};

} // namespace vesta
