#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "vesta/runtime/envelope.hpp"

namespace vesta {

/// Messages from any thread to one reader. Senders push onto a stack; the reader takes the whole of it at
/// once and turns it round, so the order of each sender holds. Urgent messages have a stack of their own, and
/// are read first. A reader that found nothing blocks the inbox, and the next push says so to its caller, who
/// then has to wake the reader. It begins blocked.
class inbox {
public:
  enum class result {
    accepted,
    crowded, ///< accepted, and more than `crowd` wait: the reader has fallen behind
    unblocked,
    closed,
    full
  };
  static constexpr std::size_t crowd = 1024;
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
    limit_ = messages > largest_limit ? unlimited : static_cast<std::uint32_t>(messages);
    shut(false);
  }
  /// The same, for an inbox where `make_room` lets an eighth of so many go at a time, and at least one.
  /// Where none may go, as many more get in, and then no more.
  void limit_dropping(std::size_t messages) {
    const auto eighth = std::clamp<std::size_t>(messages / 8, 1, largest_limit);
    limit(eighth);
    older_.reset(new older_messages{.most = messages - eighth});
  }

  /// While fewer wait, one who was held up by it may go on.
  std::size_t low_water() const { return (std::size_t{limit_} + 1) / 2; }

  /// While it is shut, `push` finds it full, but for what is counted as none; `push_within_limit` goes on.
  /// Any thread.
  void shut(bool now) { accepts_.store(now ? 0 : limit_, std::memory_order_relaxed); }
  bool is_shut() const { return accepts_.load(std::memory_order_relaxed) != limit_; }

  /// What this thread wrote so far, the reader of the next message sees, whoever sends it.
  void publish() { head_.fetch_add(0, std::memory_order_release); }

  /// `first` leads over `next` to `last`, in the order in which they were sent. `last->next` is null or an
  /// envelope that the reader does well to fetch when it comes to this one. Any thread. What was not accepted
  /// is still the caller's. What is counted as none is never too much.
  result push(envelope* first, envelope* last, std::size_t count = 1) {
    return push(first, last, count, accepts_.load(std::memory_order_relaxed));
  }
  result push_within_limit(envelope* first, envelope* last) { return push(first, last, 1, limit_); }
  /// It comes in in any case, and is counted.
  result push_beyond_limit(envelope* first, envelope* last, std::size_t count) {
    return push(first, last, count, unlimited);
  }

  /// After a push that found it full: of an inbox with `limit_dropping` the oldest messages go of which
  /// `may_go` says so. True when it is worth another push. Any thread.
  template <class MayGo>
  bool make_room(MayGo may_go) {
    if (!older_) return false;
    envelope_queue dropped; // destroyed when the mutex is free
    const std::lock_guard lock{older_->mutex};
    if (older_->jammed) return false;
    if (!is_message(head_.load(std::memory_order_relaxed))) return true; // somebody else has made room
    head_to_older();
    older_->drop(may_go, dropped);
    return !older_->jammed;
  }

  /// The reader's: what waits and is not urgent goes where `drop` says so; the rest keeps its order.
  template <class Drop>
  void sweep(Drop drop) {
    envelope_queue left;
    while (auto each = pop_normal())
      if (!drop(*each)) left.push(std::move(each));
    taken_ = left.release();
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
    return try_unblock() ? result::unblocked : result::accepted;
  }

  /// For a thread that would be its reader for a moment: whether it was blocked. It is so no more. Any
  /// thread.
  bool try_unblock() {
    auto asleep = blocked;
    return head_.compare_exchange_strong(asleep, 0, std::memory_order_seq_cst);
  }

  /// The reader's, as all below. Null when there is nothing.
  envelope_ptr pop() {
    if (first_ || is_message(urgent_.load(std::memory_order_relaxed))) [[unlikely]]
      return pop_urgent();
    return pop_normal();
  }
  /// What `pop` would give now; it stays the inbox's.
  const envelope* peek() {
    if (!first_ && is_message(urgent_.load(std::memory_order_relaxed))) first_ = take(urgent_);
    if (!first_ && !taken_) taken_ = take_normal();
    return first_ ? first_ : taken_;
  }
  /// True: nothing is there, and the next push will say `unblocked`. The reader may be running elsewhere by
  /// the time this returns.
  bool try_block() {
    if (first_ || taken_) return false;
    return older_ ? try_block_with_older() : try_block_head();
  }
  /// Takes no more. `drop` sees each message that is left before it goes.
  template <class Drop>
  void close(Drop drop) {
    while (const auto left = pop()) drop(*left);
    envelope_queue rest; // dropped without the mutex: who is told may send here once more
    {
      const auto lock = hold_older();
      for (auto* each : {&urgent_, &head_}) {
        const auto left = each->exchange(closed, std::memory_order_acq_rel);
        auto* list = is_message(left) ? in_order(message(left)) : nullptr;
        while (auto last = pop(list)) rest.push(std::move(last));
      }
      while (older_ && older_->first) rest.push(pop(older_->first));
    }
    while (const auto left = rest.pop()) drop(*left);
  }
  /// Messages that the reader has not taken yet, without urgent ones; as of a moment ago, and never more than
  /// it counts. Any thread.
  std::size_t waiting() const {
    const auto head = head_.load(std::memory_order_relaxed);
    const auto older = older_ ? older_->count.load(std::memory_order_relaxed) : 0;
    return older + (is_message(head) ? static_cast<std::size_t>(head >> count_shift) : 0);
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

  [[gnu::noinline]] bool try_block_with_older() {
    const std::lock_guard lock{older_->mutex};
    return !older_->first && try_block_head();
  }
  bool try_block_head() {
    std::uint64_t nothing = 0;
    if (!head_.compare_exchange_strong(nothing, blocked, std::memory_order_seq_cst)) return false;
    auto still = blocked; // who pushed something urgent meanwhile has seen the block, or is seen here
    return !is_message(urgent_.load(std::memory_order_seq_cst)) ||
           !head_.compare_exchange_strong(still, 0, std::memory_order_seq_cst);
  }

  result push(envelope* first, envelope* last, std::size_t count, std::uint32_t limit) {
    first->last = last;
    auto head = head_.load(std::memory_order_relaxed);
    std::uint64_t pushed = 0, waiting = 0;
    do {
      if (head == closed) return result::closed;
      waiting = (head >> count_shift) + count;
      if (waiting > limit && count > 0) return result::full;
      first->older = head == blocked ? nullptr : message(head);
      pushed = reinterpret_cast<std::uint64_t>(first) | std::min(waiting, largest_limit + 1) << count_shift;
    } while (
        !head_.compare_exchange_weak(head, pushed, std::memory_order_acq_rel, std::memory_order_relaxed));
    if (head == blocked) return result::unblocked;
    return waiting > crowd ? result::crowded : result::accepted;
  }

  /// What senders have moved off the head, in order, so that its oldest can be dropped.
  struct older_messages {
    const std::size_t most;
    std::mutex mutex{}; ///< held by all who take from the head, too
    envelope* first = nullptr;
    envelope* last = nullptr;
    std::atomic<std::size_t> count = 0; ///< as the head counts
    bool jammed = false;                ///< there are too many, and none may go

    template <class MayGo>
    void drop(MayGo may_go, envelope_queue& dropped) {
      auto left = count.load(std::memory_order_relaxed);
      envelope* stays = nullptr;
      for (auto* each = first; each && left > most;) {
        auto* next = each->next;
        if (may_go(*each)) {
          (stays ? stays->next : first) = next;
          if (!next) last = stays;
          dropped.push(envelope_ptr{each});
          --left;
        } else {
          stays = each;
        }
        each = next;
      }
      count.store(left, std::memory_order_relaxed);
      jammed = left > most;
    }
  };

  std::unique_lock<std::mutex> hold_older() {
    return older_ ? std::unique_lock{older_->mutex} : std::unique_lock<std::mutex>{};
  }
  /// The head holds messages, and the caller the mutex.
  void head_to_older() {
    const auto head = head_.exchange(0, std::memory_order_acquire);
    auto* last = message(head)->last;
    (older_->last ? older_->last->next : older_->first) = in_order(message(head));
    older_->last = last;
    older_->count.fetch_add(head >> count_shift, std::memory_order_relaxed);
  }
  envelope* take_normal() {
    if (!older_) return is_message(head_.load(std::memory_order_relaxed)) ? take(head_) : nullptr;
    return take_older();
  }
  [[gnu::noinline]] envelope* take_older() {
    const std::lock_guard lock{older_->mutex};
    if (is_message(head_.load(std::memory_order_relaxed))) head_to_older();
    older_->last = nullptr;
    older_->count.store(0, std::memory_order_relaxed);
    older_->jammed = false;
    return std::exchange(older_->first, nullptr);
  }
  [[gnu::noinline]] envelope_ptr pop_urgent() {
    if (!first_) first_ = take(urgent_);
    return pop(first_);
  }
  envelope_ptr pop_normal() {
    if (!taken_) taken_ = take_normal();
    return pop(taken_);
  }

  static envelope* take(std::atomic<std::uint64_t>& from) {
    return in_order(message(from.exchange(0, std::memory_order_acquire)));
  }
  static envelope_ptr pop(envelope*& list) {
    auto* next = list;
    if (next) {
      list = next->next;
      __builtin_prefetch(list);
      if (next->ahead) __builtin_prefetch(next->ahead);
    }
    return envelope_ptr{next};
  }

  /// Parcels, newest first, become one list. Of each only the ends are touched: the rest may be cold.
  static envelope* in_order(envelope* parcel) {
    envelope* list = nullptr;
    while (parcel) {
      auto* older = parcel->older;
      auto* last = parcel->last;
      if (last->next) __builtin_prefetch(last->next);
      last->next = list;
      list = parcel;
      parcel = older;
    }
    return list;
  }

  std::atomic<std::uint64_t> head_{blocked}, urgent_{0};
  envelope* taken_ = nullptr;             ///< in order
  envelope* first_ = nullptr;             ///< urgent ones, in order
  std::unique_ptr<older_messages> older_; ///< null unless they may be dropped
  static constexpr std::uint32_t unlimited = ~std::uint32_t{0};
  std::atomic<std::uint32_t> accepts_ = unlimited; ///< `limit_`, or 0
  std::uint32_t limit_ = unlimited;
};

} // namespace vesta
