#include "vesta/runtime/job_pool.hpp"

#include <algorithm>

#include "vesta/platform/clock.hpp"

namespace vesta::detail {

bool job_pool::push(job next) {
  seat* sleeper = nullptr;
  {
    std::lock_guard lock{mutex_};
    if (closed_) return false;
    sleeper = place(next);
  }
  if (sleeper) sleeper->wake.notify_one();
  return true;
}

seat* job_pool::place(job next) {
  (next.only ? next.only->own : shared_).push_back(next.what);
  ++waiting_;
  seat* sleeper = nullptr;
  auto at =
      next.only ? std::find(idle_.begin(), idle_.end(), next.only) : idle_.end() - (idle_.empty() ? 0 : 1);
  if (at != idle_.end()) {
    sleeper = *at;
    sleeper->woken = true;
    idle_.erase(at);
  }
  note_load();
  return sleeper;
}

caf::resumable* job_pool::take(seat& worker, job left) {
  std::unique_lock lock{mutex_};
  if (left.what) {
    if (seat* sleeper = place(left)) sleeper->wake.notify_one();
  }
  while (!stopping_) {
    if (caf::resumable* what = pick(worker)) return what;
    park(worker, lock);
  }
  return nullptr;
}

caf::resumable* job_pool::pick(seat& worker) {
  const bool own_first = !worker.own.empty() && (worker.own_turn || shared_.empty());
  auto& queue = own_first ? worker.own : shared_;
  if (queue.empty()) return nullptr;
  worker.own_turn = !own_first;
  caf::resumable* what = queue.front();
  queue.pop_front();
  --waiting_;
  note_load();
  return what;
}

void job_pool::park(seat& worker, std::unique_lock<std::mutex>& lock) {
  worker.woken = false;
  idle_.push_back(&worker);
  note_load();
  worker.parks.add();
  worker.busy_ns.add(platform::steady_clock().now() - worker.busy_since_ns.get());
  worker.busy_since_ns.set(0);
  worker.wake.wait(lock, [&] { return worker.woken || stopping_; });
  worker.busy_since_ns.set(platform::steady_clock().now());
}

void job_pool::note_load() {
  load_.store(waiting_ + static_cast<int>(seats_.size() - idle_.size()), std::memory_order_relaxed);
}

void job_pool::stop() {
  std::lock_guard lock{mutex_};
  stopping_ = true;
  for (seat* w : seats_) w->wake.notify_one();
}

caf::resumable* job_pool::take_left() {
  std::lock_guard lock{mutex_};
  for (seat* w : seats_)
    if (caf::resumable* what = pick(*w)) return what;
  return nullptr;
}

bool job_pool::close() {
  std::lock_guard lock{mutex_};
  return closed_ = waiting_ == 0;
}

} // namespace vesta::detail
