#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "vesta/runtime/envelope.hpp"

namespace vesta {

/// Messages from any thread to one reader. Senders push onto a stack; the reader takes the whole of it at
/// once and turns it round, so the order of each sender holds. Urgent messages have a stack of their own, and
/// are read first. A reader that found nothing blocks the inbox, and the next push says so to its caller, who
/// then has to wake the reader. It begins blocked.
class inbox {
public:
  enum class result { accepted, unblocked, closed, full };
  /// More messages than this are not counted.
  static constexpr std::size_t largest_limit = 0xFFFE;

  inbox() = default;
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;
  ~inbox() {
    close([](envelope&) {});
  }

  /// How many messages may wait besides those that the reader has taken already, which were no more; above
  /// `largest_limit`: any number. Before the first push.
  void limit(std::size_t messages) {
    limit_ = static_cast<std::uint16_t>(std::min(messages, largest_limit + 1));
  }

  /// What this thread wrote so far, the reader of the next message sees, whoever sends it.
  void publish() { head_.fetch_add(0, std::memory_order_release); }

  /// `first` leads over `next` to `last`, in the order in which they were sent. Any thread. What was not
  /// accepted is still the caller's. What is counted as none is never too much.
  result push(envelope* first, envelope* last, std::size_t count = 1) {
    last->next = nullptr;
    first->last = last;
    auto head = head_.load(std::memory_order_relaxed);
    std::uint64_t pushed = 0;
    do {
      if (head == closed) return result::closed;
      const auto waiting = (head >> count_shift) + count;
      if (count > 0 && waiting > limit_ && limit_ <= largest_limit) return result::full;
      first->older = head == blocked ? nullptr : message(head);
      pushed = reinterpret_cast<std::uint64_t>(first) | std::min(waiting, largest_limit + 1) << count_shift;
    } while (
        !head_.compare_exchange_weak(head, pushed, std::memory_order_acq_rel, std::memory_order_relaxed));
    return head == blocked ? result::unblocked : result::accepted;
  }

  /// The same, ahead of all that is not urgent, and whatever the limit.
  result push_urgent(envelope* first, envelope* last) {
    last->next = nullptr;
    first->last = last;
    auto head = urgent_.load(std::memory_order_relaxed);
    do {
      if (head == closed) return result::closed;
      first->older = message(head);
    } while (!urgent_.compare_exchange_weak(head, reinterpret_cast<std::uint64_t>(first),
                                            std::memory_order_seq_cst, std::memory_order_relaxed));
    auto asleep = blocked;
    return head_.compare_exchange_strong(asleep, 0, std::memory_order_seq_cst) ? result::unblocked
                                                                               : result::accepted;
  }

  /// The reader's, as all below. Null when there is nothing.
  envelope_ptr pop() {
    if (!first_ && is_message(urgent_.load(std::memory_order_relaxed))) first_ = take(urgent_);
    if (first_) return pop(first_);
    if (!taken_ && is_message(head_.load(std::memory_order_relaxed))) taken_ = take(head_);
    return pop(taken_);
  }
  /// True: nothing is there, and the next push will say `unblocked`. The reader may be running elsewhere by
  /// the time this returns.
  bool try_block() {
    std::uint64_t nothing = 0;
    if (first_ || taken_ || !head_.compare_exchange_strong(nothing, blocked, std::memory_order_seq_cst))
      return false;
    auto still = blocked; // who pushed something urgent meanwhile has seen the block, or is seen here
    return !is_message(urgent_.load(std::memory_order_seq_cst)) ||
           !head_.compare_exchange_strong(still, 0, std::memory_order_seq_cst);
  }
  /// Takes no more. `drop` sees each message that is left before it goes.
  template <class Drop>
  void close(Drop drop) {
    while (const auto left = pop()) drop(*left);
    for (auto* each : {&urgent_, &head_}) {
      const auto left = each->exchange(closed, std::memory_order_acq_rel);
      auto* list = is_message(left) ? in_order(message(left)) : nullptr;
      while (const auto dropped = pop(list)) drop(*dropped);
    }
  }
  /// Messages that the reader has not taken yet, without urgent ones; as of a moment ago, and never more than
  /// it counts. Any thread.
  std::size_t waiting() const {
    const auto head = head_.load(std::memory_order_relaxed);
    return is_message(head) ? static_cast<std::size_t>(head >> count_shift) : 0;
  }
  bool is_closed() const { return head_.load(std::memory_order_relaxed) == closed; }

private:
  // A head is the newest message, with the number of those that wait above the 48 bits of an address.
  static constexpr std::uint64_t blocked = 1, closed = 2;
  static constexpr int count_shift = 48;

  static envelope* message(std::uint64_t head) {
    return reinterpret_cast<envelope*>(head & ((std::uint64_t{1} << count_shift) - 1));
  }
  static bool is_message(std::uint64_t head) { return head > closed; }

  static envelope* take(std::atomic<std::uint64_t>& from) {
    return in_order(message(from.exchange(0, std::memory_order_acquire)));
  }
  static envelope_ptr pop(envelope*& list) {
    auto* next = list;
    if (next) {
      list = next->next;
      __builtin_prefetch(list);
    }
    return envelope_ptr{next};
  }

  /// Parcels, newest first, become one list. Of each only the ends are touched: the rest may be cold.
  static envelope* in_order(envelope* parcel) {
    envelope* list = nullptr;
    while (parcel) {
      auto* older = parcel->older;
      parcel->last->next = list;
      list = parcel;
      parcel = older;
    }
    return list;
  }

  std::atomic<std::uint64_t> head_{blocked}, urgent_{0};
  envelope* taken_ = nullptr; ///< in order
  envelope* first_ = nullptr; ///< urgent ones, in order
  std::uint16_t limit_ = largest_limit + 1;
};

} // namespace vesta
