#include "vesta/runtime/watchdog.hpp"

#include <algorithm>
#include <condition_variable>

#include "vesta/platform/thread.hpp"

namespace vesta {
namespace {

/// Between two looks, at least.
constexpr platform::nanoseconds shortest_pause = 1'000'000;
/// Looks within the shortest deadline.
constexpr int looks_a_deadline = 8;

} // namespace

bool watched_handlers::leave() {
  if (running_.exchange(idle, std::memory_order_acq_rel) != gone) return false;
  const std::lock_guard until_it_is_done{giving_up_};
  return true;
}

void watched_handlers::look(platform::nanoseconds now) {
  auto running = running_.load(std::memory_order_relaxed);
  if (running != seen_) {
    seen_ = running;
    seen_since_ns_ = now;
  }
  if (running == idle || running == gone || now - seen_since_ns_ < deadline_) return;
  const std::lock_guard lock{giving_up_};
  if (running_.compare_exchange_strong(running, gone, std::memory_order_acq_rel)) give_up_(*serves_);
}

watched_handlers* watchdog::add(platform::nanoseconds deadline, watched_handlers::late_handler give_up) {
  auto made = std::make_unique<watched_handlers>(deadline, std::move(give_up));
  const std::lock_guard lock{looking_};
  pause_ = std::min(pause_.load(), std::max(deadline / looks_a_deadline, shortest_pause));
  auto* kept = watched_.insert(std::move(made)).first->get();
  start_thread();
  return kept;
}

void watchdog::remove(watched_handlers* what) {
  const std::lock_guard lock{looking_};
  watched_.erase(what);
}

void watchdog::start(std::vector<int> cores) {
  const std::lock_guard lock{looking_};
  cores_ = std::move(cores);
  if (phase_ == phase::idle) phase_ = phase::started;
  start_thread();
}

void watchdog::start_thread() {
  if (phase_ != phase::started || watched_.empty() || thread_.joinable()) return;
  thread_ = std::jthread{[this, cores = cores_](const std::stop_token& stop) {
    platform::pin_this_thread(cores, "vesta.watchdog");
    run(stop);
  }};
}

void watchdog::stop() {
  std::jthread ends;
  const std::lock_guard lock{looking_};
  phase_ = phase::stopped;
  ends = std::move(thread_);
}

void watchdog::look(platform::nanoseconds now) {
  const std::unique_lock lock{looking_, std::try_to_lock};
  if (!lock.owns_lock() || phase_ == phase::stopped) return;
  for (auto& each : watched_) each->look(now);
}

void watchdog::run(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{mutex};
  while (!stop.stop_requested()) {
    look(platform::steady_clock().now());
    never.wait_for(lock, stop, std::chrono::nanoseconds(pause_.load()), [] { return false; });
  }
}

} // namespace vesta
