#include "vesta/runtime/job_pool.hpp"

#include <algorithm>
#include <utility>

#include "vesta/platform/clock.hpp"

namespace vesta::detail {
namespace {

/// Jobs that a worker takes out of the shared queue at once, at most.
constexpr std::size_t batch_max = job_ring::room / 2;

/// Both sides of the sleeping protocol come by here.
void full_fence() {
#ifdef __SANITIZE_THREAD__
  static constinit std::atomic<int> anchor{0}; // ThreadSanitizer understands no fence
  anchor.fetch_add(0, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

} // namespace

void night_watch::full_fence() { detail::full_fence(); }

bool job_pool::push(job next) {
  {
    const std::lock_guard lock{mutex_};
    if (closed_) return false;
    if (next.only) {
      next.only->own.push_back(next.what);
      next.only->own_size.fetch_add(1, std::memory_order_relaxed);
    } else {
      shared_.push_back(next.what);
      shared_size_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  full_fence();
  next.only ? wake(*next.only) : wake_one();
  return true;
}

void job_pool::push_own(seat& worker, caf::resumable* what) {
  if (!worker.ring.push(what)) {
    const std::lock_guard lock{mutex_};
    shared_.push_back(what);
    shared_size_.fetch_add(1, std::memory_order_relaxed);
  }
  if (seats_.size() == 1) return; // nobody else to run it
  full_fence();
  wake_one();
}

caf::resumable* job_pool::take(seat& worker) {
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (auto* what = find(worker)) {
      const bool has_searched = end_search(worker);
      const bool has_moved = std::exchange(worker.moved, false);
      if (has_searched || has_moved) pass_on();
      return what;
    }
    park(worker);
  }
  return nullptr;
}

bool job_pool::end_search(seat& worker) {
  if (!worker.searching) return false;
  worker.searching = false;
  searching_.fetch_sub(1, std::memory_order_seq_cst);
  return true;
}

/// Wakes the next one when more is left: who pushed it may have relied on this worker's search, and who went
/// to sleep may have looked while the job was on its way from one ring to another.
void job_pool::pass_on() {
  if (seats_.size() == 1) return;
  full_fence();
  if (shared_size_.load(std::memory_order_relaxed) > 0 || any_ring_filled()) wake_one();
}

caf::resumable* job_pool::find(seat& worker) {
  // Before its ring, so that its own work starves nobody.
  if (++worker.turn % options_.queues_first_every == 0)
    if (auto* what = take_shared(worker)) return what;
  if (auto* what = worker.ring.pop()) return what;
  if (auto* what = take_shared(worker)) return what;
  return steal(worker);
}

/// Its own jobs and the pool's in turns; of the pool's its share, which leaves the rest to others.
caf::resumable* job_pool::take_shared(seat& worker) {
  if (worker.own_size.load(std::memory_order_relaxed) == 0 &&
      shared_size_.load(std::memory_order_relaxed) == 0)
    return nullptr;
  const std::lock_guard lock{mutex_};
  if (!worker.own.empty() && (shared_.empty() || worker.turn % 2 == 0)) {
    auto* what = worker.own.front();
    worker.own.pop_front();
    worker.own_size.fetch_sub(1, std::memory_order_relaxed);
    return what;
  }
  if (shared_.empty()) return nullptr;
  auto* what = shared_.front();
  shared_.pop_front();
  std::size_t taken = 1;
  const auto share = std::min(batch_max, shared_.size() / seats_.size());
  while (taken <= share && worker.ring.push(shared_.front())) {
    shared_.pop_front();
    ++taken;
  }
  shared_size_.fetch_sub(taken, std::memory_order_relaxed);
  worker.moved = taken > 1;
  return what;
}

caf::resumable* job_pool::take_waiting(seat& spare, seat& busy) {
  {
    const std::lock_guard lock{mutex_};
    const bool own = !busy.own.empty();
    auto& queue = own ? busy.own : shared_;
    if (!queue.empty()) {
      auto* what = queue.front();
      queue.pop_front();
      (own ? busy.own_size : shared_size_).fetch_sub(1, std::memory_order_relaxed);
      return what;
    }
  }
  return steal(spare);
}

caf::resumable* job_pool::steal(seat& worker) {
  const auto begin = static_cast<std::size_t>(worker.turn);
  for (std::size_t i = 0; i < seats_.size(); ++i) {
    auto* victim = seats_[(begin + i) % seats_.size()];
    if (victim == &worker) continue;
    if (auto* what = victim->ring.steal(worker.ring)) {
      worker.steals.add();
      worker.moved = worker.ring.size() > 0;
      return what;
    }
  }
  return nullptr;
}

bool job_pool::something_for(const seat& worker) const {
  return something_waits(worker) || any_ring_filled();
}

bool job_pool::any_ring_filled() const {
  return std::ranges::any_of(seats_, [](const seat* each) { return each->ring.size() > 0; });
}

/// Within the time that it may look on.
bool job_pool::something_comes(const seat& worker) const {
  const auto end = platform::steady_clock().now() + options_.spin.count();
  while (!something_for(worker))
    if (platform::steady_clock().now() >= end) return false;
  return true;
}

void job_pool::park(seat& worker) {
  end_search(worker);
  if (options_.spin.count() > 0 && something_comes(worker)) return;
  worker.asleep.store(true, std::memory_order_seq_cst);
  sleeping_.fetch_add(1, std::memory_order_seq_cst);
  full_fence();
  if (something_for(worker)) {
    wake(worker); // itself, unless somebody else has
  } else {
    worker.parks.add();
    worker.busy_ns.add(platform::steady_clock().now() - worker.busy_since_ns.get());
    worker.busy_since_ns.set(0);
    worker.asleep.wait(true, std::memory_order_acquire);
    worker.busy_since_ns.set(platform::steady_clock().now());
    if (options_.watch) options_.watch->rouse();
  }
  worker.searching = true; // whoever woke it has counted it
}

/// Wakes a worker to search, unless one does so already or none sleeps.
void job_pool::wake_one() {
  if (sleeping_.load(std::memory_order_seq_cst) == 0) return;
  if (searching_.load(std::memory_order_seq_cst) > 0) return;
  for (auto* each : seats_)
    if (each->asleep.load(std::memory_order_relaxed)) return wake(*each);
}

void job_pool::wake(seat& worker) {
  if (!worker.asleep.load(std::memory_order_relaxed)) return;
  bool expected = true;
  if (!worker.asleep.compare_exchange_strong(expected, false, std::memory_order_acq_rel)) return;
  // On its behalf, so that a burst wakes one; and not before, lest others rely on a search that is none.
  searching_.fetch_add(1, std::memory_order_seq_cst);
  sleeping_.fetch_sub(1, std::memory_order_seq_cst);
  worker.asleep.notify_one();
}

void job_pool::stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  full_fence();
  for (auto* each : seats_) wake(*each);
}

caf::resumable* job_pool::take_left() {
  const std::lock_guard lock{mutex_};
  for (auto* each : seats_) {
    if (auto* what = each->ring.pop()) return what;
    if (each->own.empty()) continue;
    auto* what = each->own.front();
    each->own.pop_front();
    return what;
  }
  if (shared_.empty()) return nullptr;
  auto* what = shared_.front();
  shared_.pop_front();
  return what;
}

bool job_pool::close() {
  const std::lock_guard lock{mutex_};
  return closed_ = shared_.empty() && std::ranges::all_of(seats_, [](const seat* each) {
                     return each->own.empty() && each->ring.size() == 0;
                   });
}

int job_pool::load() const {
  return static_cast<int>(seats_.size()) - sleeping_.load(std::memory_order_relaxed) +
         static_cast<int>(waiting());
}

std::size_t job_pool::waiting() const {
  auto sum = shared_size_.load(std::memory_order_relaxed);
  for (const auto* each : seats_) sum += each->waiting();
  return sum;
}

} // namespace vesta::detail
