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

/// A bounded queue from one thread to one other, first in, first out, without lock or wait on either side.
/// Allocates when it is made and never again. Each side keeps what it last saw of the other's position, so
/// that it asks for the other's cache line once a lap and not once a command.
template <class T>
class spsc_ring {
  static_assert(std::is_trivially_copyable_v<T> && std::is_default_constructible_v<T>);

public:
  /// Holds `capacity` commands, rounded up to a power of two, at most 2^31.
  explicit spsc_ring(std::size_t capacity)
      : size_(std::bit_ceil(std::clamp<std::size_t>(capacity, 1, std::size_t{1} << 31))),
        items_(std::make_unique<T[]>(size_)) {}

  /// The producer's. False, and counted, when it is full.
  bool push(const T& command) {
    const auto tail = tail_.load(std::memory_order_relaxed);
    if (tail - head_seen_ == size_) {
      head_seen_ = head_.load(std::memory_order_acquire);
      if (tail - head_seen_ == size_) {
        overflows_.store(overflows() + 1, std::memory_order_relaxed);
        return false;
      }
    }
    items_[tail & (size_ - 1)] = command;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  /// The consumer's: the oldest commands, as many as there are and fit; how many those were.
  std::size_t pop(std::span<T> into) {
    const auto head = head_.load(std::memory_order_relaxed);
    if (tail_seen_ - head < into.size()) tail_seen_ = tail_.load(std::memory_order_acquire);
    const auto count = std::min<std::size_t>(tail_seen_ - head, into.size());
    for (std::size_t i = 0; i < count; ++i) into[i] = items_[(head + i) & (size_ - 1)];
    head_.store(head + count, std::memory_order_release);
    return count;
  }
  bool pop(T& into) { return pop(std::span{&into, 1}) == 1; }

  /// Commands that were refused since it was made. From any thread.
  std::uint64_t overflows() const { return overflows_.load(std::memory_order_relaxed); }
  std::size_t capacity() const { return size_; }

private:
  static constexpr std::size_t cache_line = 64;

  const std::size_t size_; ///< a power of two
  const std::unique_ptr<T[]> items_;

  // The producer's line. Positions only grow; what they name is the position modulo the size.
  alignas(cache_line) std::atomic<std::size_t> tail_ = 0;
  std::size_t head_seen_ = 0;
  std::atomic<std::uint64_t> overflows_ = 0;

  // The consumer's.
  alignas(cache_line) std::atomic<std::size_t> head_ = 0;
  std::size_t tail_seen_ = 0;
};

} // namespace vesta
