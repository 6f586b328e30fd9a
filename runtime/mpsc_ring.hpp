#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <type_traits>

namespace vesta {

/// A bounded queue from any number of threads to one, first in, first out for each of them, without a lock.
/// Allocates when it is made and never again. A producer that is stopped in the middle of a `push` holds back
/// what comes after it until it goes on; nobody waits for it.
///
/// Dmitry Vyukov's bounded queue (1024cores.net, "Bounded MPMC queue") with one consumer: each cell carries
/// the position that may be written to it next, or, one higher, that may be read.
template <class T>
class mpsc_ring {
  static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>);

public:
  /// Holds `capacity` commands, rounded up to a power of two, at least 2 and at most 2^31.
  explicit mpsc_ring(std::size_t capacity)
      : size_(std::bit_ceil(std::clamp<std::size_t>(capacity, 2, std::size_t{1} << 31))),
        cells_(std::make_unique<cell[]>(size_)) {
    for (std::size_t i = 0; i < size_; ++i) cells_[i].turn.store(i, std::memory_order_relaxed);
  }

  /// From any thread. False, and counted, when it is full.
  bool push(const T& command) {
    auto position = tail_.load(std::memory_order_relaxed);
    for (;;) {
      auto& to = cells_[position & (size_ - 1)];
      const auto turn = to.turn.load(std::memory_order_acquire);
      if (turn == position) {
        if (!tail_.compare_exchange_weak(position, position + 1, std::memory_order_relaxed)) continue;
        to.command = command;
        to.turn.store(position + 1, std::memory_order_release);
        return true;
      }
      if (turn < position) { // still holds the command of a lap ago
        overflows_.fetch_add(1, std::memory_order_relaxed);
        return false;
      }
      position = tail_.load(std::memory_order_relaxed); // another producer was faster
    }
  }

  /// The consumer's: the oldest commands, as many as there are and fit; how many those were.
  std::size_t pop(std::span<T> into) {
    std::size_t count = 0;
    while (count < into.size() && pop(into[count])) ++count;
    return count;
  }
  bool pop(T& into) {
    auto& from = cells_[head_ & (size_ - 1)];
    if (from.turn.load(std::memory_order_acquire) != head_ + 1) return false;
    into = from.command;
    from.turn.store(head_ + size_, std::memory_order_release);
    ++head_;
    return true;
  }

  /// Commands that were accepted since it was made, some of which may still be being written. From any
  /// thread.
  std::uint64_t pushed() const { return tail_.load(std::memory_order_acquire); }
  /// Commands that were refused since it was made. From any thread.
  std::uint64_t overflows() const { return overflows_.load(std::memory_order_relaxed); }
  std::size_t capacity() const { return size_; }

private:
  static constexpr std::size_t cache_line = 64;

  struct cell {
    std::atomic<std::uint64_t> turn;
    T command;
  };

  const std::size_t size_; ///< a power of two
  const std::unique_ptr<cell[]> cells_;
  alignas(cache_line) std::atomic<std::uint64_t> tail_ = 0; ///< the producers'; positions only grow
  alignas(cache_line) std::uint64_t head_ = 0;              ///< the consumer's
  alignas(cache_line) std::atomic<std::uint64_t> overflows_ = 0;
};

} // namespace vesta
