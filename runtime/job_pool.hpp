#pragma once

#include <caf/fwd.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

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
  // Guarded by the pool's mutex.
  std::deque<caf::resumable*> own; ///< what this worker alone may run
  std::condition_variable wake;
  bool woken = false;
  bool own_turn = true; ///< which queue goes first, so that neither starves the other

  // Written by the worker's thread alone.
  alignas(cache_line) tally<std::uint64_t> parks;
  tally<std::int64_t> busy_ns;       ///< up to the last park
  tally<std::int64_t> busy_since_ns; ///< 0 while parked
};

/// Something that is ready to run, with the scheduler's reference to it.
struct job {
  caf::resumable* what = nullptr;
  seat* only = nullptr; ///< the one worker that may run it; null: any of the pool
};

/// The workers of one class of cores and what waits for them, under one mutex.
class job_pool {
public:
  /// Before any worker calls `take`; the seat outlives the pool's last use.
  void add(seat& worker) { seats_.push_back(&worker); }

  /// Queues a job and wakes one worker that sleeps and may run it. False after `close`: the job is the
  /// caller's to end.
  [[nodiscard]] bool push(job next);

  /// Puts `left` into its queue, if it is one, then gives the job that has waited longest, sleeping while
  /// there is none. Null once the pool stops. From the worker's own thread.
  caf::resumable* take(seat& worker, job left);

  /// Makes `take` return null from now on. What waits stays.
  void stop();
  /// When no worker runs any more: one of the jobs left, or null.
  caf::resumable* take_left();
  /// Refuses jobs from now on, and says so; false, and no change, when one waits.
  bool close();

  /// Workers that run and jobs that wait.
  int load() const { return load_.load(std::memory_order_relaxed); }
  int size() const { return static_cast<int>(seats_.size()); }

private:
  seat* place(job next);
  caf::resumable* pick(seat& worker);
  void park(seat& worker, std::unique_lock<std::mutex>& lock);
  void note_load();

  std::mutex mutex_;
  std::vector<seat*> seats_;
  std::vector<seat*> idle_; ///< the last to fall asleep is the first to be woken: its cache is warm
  std::deque<caf::resumable*> shared_;
  int waiting_ = 0; ///< in `shared_` and in the seats' own queues
  bool stopping_ = false, closed_ = false;
  alignas(cache_line) std::atomic<int> load_ = 0;
};

} // namespace vesta::detail
