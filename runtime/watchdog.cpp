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
  if (running_.compare_exchange_strong(running, gone, std::memory_order_acq_rel)) give_up_();
}

watched_handlers* watchdog::add(platform::nanoseconds deadline, std::function<void()> give_up) {
  return watched_.emplace_back(std::make_unique<watched_handlers>(deadline, std::move(give_up))).get();
}

void watchdog::start(const std::vector<int>& cores) {
  if (watched_.empty() || thread_.joinable()) return;
  const auto shortest = (*std::ranges::min_element(watched_, {}, [](const auto& each) {
                          return each->deadline();
                        }))->deadline();
  const auto pause = std::max(shortest / looks_a_deadline, shortest_pause);
  thread_ = std::jthread{[this, cores, pause](const std::stop_token& stop) {
    platform::pin_this_thread(cores, "vesta.watchdog");
    run(stop, pause);
  }};
}

void watchdog::stop() {
  thread_ = {};
  const std::lock_guard lock{looking_};
  stopped_ = true;
}

void watchdog::look(platform::nanoseconds now) {
  if (watched_.empty()) return;
  const std::unique_lock lock{looking_, std::try_to_lock};
  if (!lock.owns_lock() || stopped_) return;
  for (auto& each : watched_) each->look(now);
}

void watchdog::run(const std::stop_token& stop, platform::nanoseconds pause) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock{mutex};
  while (!stop.stop_requested()) {
    look(platform::steady_clock().now());
    never.wait_for(lock, stop, std::chrono::nanoseconds(pause), [] { return false; });
  }
}

} // namespace vesta
