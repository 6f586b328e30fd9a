#pragma once

#include <absl/container/flat_hash_set.h>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "vesta/platform/clock.hpp"
#include "vesta/runtime/envelope.hpp"

namespace vesta {

/// The handlers of one actor, as the watchdog sees them. A handler costs a store when it begins and an
/// exchange when it ends; nobody looks at a clock.
class watched_handlers {
public:
  using late_handler = std::function<void(envelope& served)>;
  /// `give_up` runs on the watchdog's thread, while the handler is still at it and before `leave` returns.
  watched_handlers(platform::nanoseconds deadline, late_handler give_up)
      : deadline_(deadline), give_up_(std::move(give_up)) {}

  /// The actor's, around each handler. What it wrote before is seen by `give_up`.
  void enter(envelope& serves) {
    serves_ = &serves;
    running_.store(++begun_, std::memory_order_release);
  }
  /// Whether the handler was given up meanwhile; if so, `give_up` has returned.
  bool leave();
  /// Whether the handler that runs was given up; from that handler.
  bool given_up() const { return running_.load(std::memory_order_relaxed) == gone; }

  /// The watchdog's. Gives up a handler that was seen running for its deadline or longer.
  void look(platform::nanoseconds now);
  platform::nanoseconds deadline() const { return deadline_; }

private:
  static constexpr std::uint64_t idle = 0, gone = ~std::uint64_t{0};

  const platform::nanoseconds deadline_;
  const late_handler give_up_;
  std::atomic<std::uint64_t> running_{idle}; ///< the handler's number
  std::uint64_t begun_ = 0;                  ///< the actor's
  envelope* serves_ = nullptr;               ///< the same
  std::mutex giving_up_;
  std::uint64_t seen_ = idle; ///< the watchdog's, as below
  platform::nanoseconds seen_since_ns_ = 0;
};

/// Finds handlers that run for longer than their actor's `handler_deadline`, never early, and a quarter of
/// the shortest deadline late at most (2 ms where that is less, and what the thread waits for its core). Such
/// an actor is isolated at once, in the eyes of all: who has asked it or asks it gets `actor_isolated`, other
/// messages wait, and its supervisor hears of a failure (`handler_stuck`). The handler itself cannot be
/// ended. When it comes back, what it sent is dropped, its message becomes a dead letter and its incarnation
/// ends.
class watchdog {
public:
  watchdog() = default;
  watchdog(const watchdog&) = delete;
  watchdog& operator=(const watchdog&) = delete;
  ~watchdog() { stop(); }

  /// Good until it is removed. Any thread.
  watched_handlers* add(platform::nanoseconds deadline, watched_handlers::late_handler give_up);
  /// From now on its `give_up` does not run, and no more once this returns. Any thread.
  void remove(watched_handlers* what);
  /// Looks again and again, on a thread of its own, on these cores, as soon as there is somebody with a
  /// deadline.
  void start(std::vector<int> cores);
  /// Ends the thread; from then on nobody is given up. Any thread, as `look`.
  void stop();
  /// Looks once, for who has no thread to spare; skips that where another thread is at it.
  void look(platform::nanoseconds now);

private:
  static constexpr platform::nanoseconds max_pause = 1'000'000'000;

  void run(const std::stop_token& stop);
  void start_thread();

  std::atomic<platform::nanoseconds> pause_{max_pause}; ///< between two looks
  std::mutex looking_;                                  ///< for what follows
  absl::flat_hash_set<std::unique_ptr<watched_handlers>> watched_;
  std::vector<int> cores_;
  enum class phase : std::uint8_t { idle, started, stopped } phase_ = phase::idle;
  std::jthread thread_;
};

} // namespace vesta
