#pragma once

#include <atomic>

#include "vesta/runtime/envelope.hpp"

namespace vesta {

/// Messages from any thread to one reader. Senders push onto a stack; the reader takes the whole of it at
/// once and turns it round, so the order of each sender holds. A reader that found nothing blocks it, and the
/// next push says so to its caller, who then has to wake the reader. It begins blocked.
class inbox {
public:
  enum class result { accepted, unblocked, closed };

  inbox() = default;
  inbox(const inbox&) = delete;
  inbox& operator=(const inbox&) = delete;
  ~inbox() {
    close([](envelope&) {});
  }

  /// What this thread wrote so far, the reader of the next message sees, whoever sends it.
  void publish() { head_.fetch_add(0, std::memory_order_release); }

  /// `first` leads over `next` to `last`, in the order in which they were sent. Any thread. What was not
  /// accepted is still the caller's.
  result push(envelope* first, envelope* last) {
    last->next = nullptr;
    first->last = last;
    auto* head = head_.load(std::memory_order_relaxed);
    do {
      if (head == closed()) return result::closed;
      first->older = head == blocked() ? nullptr : head;
    } while (!head_.compare_exchange_weak(head, first, std::memory_order_acq_rel, std::memory_order_relaxed));
    return head == blocked() ? result::unblocked : result::accepted;
  }

  /// The reader's, as all below. Null when there is nothing.
  envelope_ptr pop() {
    if (!taken_) take();
    auto* next = taken_;
    if (next) {
      taken_ = next->next;
      __builtin_prefetch(taken_);
    }
    return envelope_ptr{next};
  }
  /// True: nothing is there, and the next push will say `unblocked`. The reader may be running elsewhere by
  /// the time this returns.
  bool try_block() {
    envelope* nothing = nullptr;
    return !taken_ && head_.compare_exchange_strong(nothing, blocked(), std::memory_order_release,
                                                    std::memory_order_relaxed);
  }
  /// Takes no more. `drop` sees each message that is left before it goes.
  template <class Drop>
  void close(Drop drop) {
    while (const auto left = pop()) drop(*left);
    auto* left = head_.exchange(closed(), std::memory_order_acquire);
    if (is_message(left)) taken_ = in_order(left);
    while (const auto dropped = pop()) drop(*dropped);
  }
  bool is_closed() const { return head_.load(std::memory_order_relaxed) == closed(); }

private:
  static envelope* blocked() { return reinterpret_cast<envelope*>(1); }
  static envelope* closed() { return reinterpret_cast<envelope*>(2); }
  static bool is_message(envelope* head) { return reinterpret_cast<std::uintptr_t>(head) > 2; }

  void take() {
    auto* head = head_.load(std::memory_order_relaxed);
    if (is_message(head)) taken_ = in_order(head_.exchange(nullptr, std::memory_order_acquire));
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

  std::atomic<envelope*> head_{blocked()};
  envelope* taken_ = nullptr; ///< in order
};

} // namespace vesta
