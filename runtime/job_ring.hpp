#pragma once

#include <caf/fwd.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace vesta::detail {

/// A bounded queue of one owner, who adds and takes, and of thieves, who take by halves. First in, first out.
/// After the run queue of Go's scheduler (runtime/proc.go, runqput and runqsteal).
class job_ring {
public:
  static constexpr std::uint32_t room = 256;

  /// The owner's. False when it is full.
  bool push(caf::resumable* what) {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_.load(std::memory_order_acquire) == room) return false;
    at(tail).store(what, std::memory_order_relaxed);
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// The owner's. Null when it is empty.
  caf::resumable* pop() {
    auto head = head_.load(std::memory_order_acquire);
    const auto tail = tail_.load(std::memory_order_relaxed);
    while (head != tail) {
      auto* what = at(head).load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, head + 1, std::memory_order_release, std::memory_order_acquire))
        return what;
    }
    return nullptr;
  }

  /// A thief's, who owns `into`, which is empty: moves the older half there, and gives one of it to run.
  caf::resumable* steal(job_ring& into) {
    const auto to = into.tail_.load(std::memory_order_relaxed);
    auto head = head_.load(std::memory_order_acquire);
    for (;;) {
      const auto size = tail_.load(std::memory_order_acquire) - head;
      const auto half = size - size / 2;
      if (half == 0) return nullptr;
      if (half > room / 2) { // head and tail were not of one moment
        head = head_.load(std::memory_order_acquire);
        continue;
      }
      for (std::uint32_t i = 0; i < half; ++i)
        into.at(to + i).store(at(head + i).load(std::memory_order_relaxed), std::memory_order_relaxed);
      if (!head_.compare_exchange_weak(head, head + half, std::memory_order_acq_rel,
                                       std::memory_order_acquire))
        continue;
      into.tail_.store(to + half - 1, std::memory_order_release);
      return into.at(to + half - 1).load(std::memory_order_relaxed);
    }
  }

  /// As it was a moment ago.
  std::uint32_t size() const {
    const auto head = head_.load(std::memory_order_acquire);
    return tail_.load(std::memory_order_acquire) - head;
  }

private:
  std::atomic<caf::resumable*>& at(std::uint32_t position) { return jobs_[position % room]; }

  alignas(64) std::atomic<std::uint32_t> head_{0};
  alignas(64) std::atomic<std::uint32_t> tail_{0};
  std::array<std::atomic<caf::resumable*>, room> jobs_{};
};

} // namespace vesta::detail
