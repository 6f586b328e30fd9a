#pragma once

#include <caf/fwd.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "vesta/runtime/job_queue.hpp"
#include "vesta/runtime/job_ring.hpp"

namespace vesta::detail {

inline constexpr std::size_t cache_line = 64;

/// A figure that one thread counts up and others read.
template <class T>
class tally {
public:
  void add(T by = 1) { value_.store(get() + by, std::memory_order_relaxed); }
  void set(T value) { value_.store(value, std::memory_order_relaxed); }
  T get() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<T> value_ = 0;
};

/// One worker as its pool sees it.
struct seat {
  job_ring ring; ///< what this worker made ready; others of the pool steal from it
  job_queue own; ///< what this worker alone may run; guarded by the pool's mutex
  alignas(cache_line) std::atomic<std::size_t> own_size = 0;
  std::atomic<bool> asleep = false; ///< cleared by whoever wakes it

  // Written by the worker's thread alone.
  alignas(cache_line) std::uint32_t turn = 0; ///< jobs taken
  bool searching = false;
  bool moved = false; ///< jobs into its ring, since it looked last whether somebody sleeps
  tally<std::uint64_t> parks, steals;
  tally<std::int64_t> busy_ns;       ///< up to the last park
  tally<std::int64_t> busy_since_ns; ///< 0 while parked

  /// Jobs in its own queues, as of a moment ago.
  std::size_t waiting() const { return ring.size() + own_size.load(std::memory_order_relaxed); }
};

/// Something that is ready to run, with the scheduler's reference to it.
struct job {
  caf::resumable* what = nullptr;
  seat* only = nullptr; ///< the one worker that may run it; null: any of the pool
};

/// Somebody who has to look after workers, and may sleep while all of them do.
class night_watch {
public:
  /// Sleeps until `rouse`, unless there is a reason to stay up by then. From its own thread.
  template <class Reason>
  void sleep_unless(Reason stays_up) {
    asleep_.store(true, std::memory_order_seq_cst);
    full_fence();
    if (stays_up()) return asleep_.store(false, std::memory_order_relaxed);
    asleep_.wait(true, std::memory_order_acquire);
  }
  /// By who has just given it a reason. Any thread.
  void rouse() {
    full_fence();
    if (asleep_.load(std::memory_order_relaxed) && asleep_.exchange(false, std::memory_order_acq_rel))
      asleep_.notify_one();
  }

private:
  static void full_fence();
  std::atomic<bool> asleep_ = false;
};

struct pool_options {
  std::uint32_t queues_first_every = 61; ///< jobs
  std::chrono::nanoseconds spin{0};
  night_watch* watch = nullptr; ///< roused by a worker that wakes up
};

/// The workers of one class of cores and what waits for them. A worker keeps what it makes ready in its own
/// ring, without a lock; what comes from elsewhere goes through a queue under a mutex, which is taken by
/// batches. A worker that finds nothing steals half of another's ring, and then sleeps.
///
/// No wake-up is lost: who adds a job, or moves some into its ring, looks after a full fence whether somebody
/// sleeps; who goes to sleep says so first and looks, after a full fence, whether there is a job. One worker
/// searches at a time: it wakes the next when it has found something and more is left, wherever that is.
/// tests/runtime/parking_model_test.cpp goes through every interleaving of it.
class job_pool {
public:
  void configure(pool_options options) { options_ = options; }
  /// Before any worker calls `take`; the seat outlives the pool's last use.
  void add(seat& worker) { seats_.push_back(&worker); }

  /// From anywhere but a worker of this pool. False after `close`: the job is the caller's to end.
  [[nodiscard]] bool push(job next);
  /// From the thread of this worker of the pool, for a job that any of it may run.
  void push_own(seat& worker, caf::resumable* what);
  /// The next job, sleeping while there is none. Null once the pool stops. From the worker's own thread.
  caf::resumable* take(seat& worker);

  /// For a spare, on its own thread: a job that waits for `busy` or for any of the pool, or null.
  caf::resumable* take_waiting(seat& spare, seat& busy);

  /// Whether this worker would get a job from `take` without stealing. From its own thread.
  bool something_waits(const seat& worker) const {
    return worker.ring.size() > 0 || shared_size_.load(std::memory_order_relaxed) > 0 ||
           worker.own_size.load(std::memory_order_relaxed) > 0 || stopping_.load(std::memory_order_relaxed);
  }

  /// Makes `take` return null from now on. What waits stays.
  void stop();
  /// When no worker runs any more: one of the jobs left, or null.
  caf::resumable* take_left();
  /// Refuses jobs from now on, and says so; false, and no change, when one waits.
  bool close();

  /// Workers that run and jobs that wait, as of a moment ago.
  int load() const;
  /// Jobs that wait, as of a moment ago.
  std::size_t waiting() const;
  int size() const { return static_cast<int>(seats_.size()); }

private:
  caf::resumable* find(seat& worker);
  caf::resumable* take_shared(seat& worker);
  caf::resumable* steal(seat& worker);
  bool end_search(seat& worker);
  void pass_on();
  bool something_for(const seat& worker) const;
  bool something_comes(const seat& worker) const;
  bool any_ring_filled() const;
  void park(seat& worker);
  void wake_one();
  void wake(seat& worker);

  pool_options options_;
  std::vector<seat*> seats_;
  std::mutex mutex_;
  job_queue shared_;
  bool closed_ = false;
  alignas(cache_line) std::atomic<std::size_t> shared_size_ = 0;
  std::atomic<bool> stopping_ = false;
  alignas(cache_line) std::atomic<int> sleeping_ = 0;
  std::atomic<int> searching_ = 0;
};

} // namespace vesta::detail
