#pragma once

#include <caf/message.hpp>
#include <caf/response_promise.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "vesta/messages/message.hpp"
#include "vesta/platform/clock.hpp"

namespace vesta {

/// A message that came through CAF: from a CAF actor, from another node, or with a question in it.
struct foreign_message {
  caf::message content;
  caf::response_promise promise; ///< not pending when nobody waits for an answer
};

/// One message on its way, with room for it inside: two cache lines, out of a pool. It holds a message of one
/// of Vesta's types, or a foreign one. A message that is larger than the room lies on the heap.
struct envelope {
  static constexpr std::size_t room = message_room;

  envelope* next = nullptr;           ///< the one after it, in the list that it is in at the moment
  const message_meta* type = nullptr; ///< null: foreign
  union {
    std::uint64_t number; ///< counted by the receiver, from 1
    envelope* last;       ///< of its parcel, while it is the first of one in an inbox
  };
  union {
    platform::nanoseconds at_ns; ///< what its handler saw as now; 0 when it did not look
    envelope* older;             ///< the parcel that came before, likewise
    envelope* ahead;             ///< of the others of a parcel: to be fetched when one comes to this
  };
  alignas(16) std::byte body[room];

  envelope() : number(0), at_ns(0) {}

  void* content() { return type->size <= room ? body : *reinterpret_cast<void**>(body); }
  foreign_message& foreign() { return *std::launder(reinterpret_cast<foreign_message*>(body)); }
  /// Whether somebody waits for an answer.
  bool is_request() { return type ? type->request && type->request->decline : foreign().promise.pending(); }
  /// Tells who waits, if anybody does, that there will be no answer.
  void decline(error_code why);
  /// The message's type, for people.
  std::string name();
  /// The message, if it is of this type.
  template <class T>
  const T* as() {
    if (type) return type == &message_type<T>::meta ? static_cast<const T*>(content()) : nullptr;
    if constexpr (detail::local_message<T>) return nullptr;
    const auto& tuple = foreign().content;
    return tuple.match_elements<T>() ? static_cast<const T*>(tuple.at(0)) : nullptr;
  }
};
static_assert(sizeof(envelope) == 128 && sizeof(foreign_message) <= envelope::room);

namespace detail {

/// Free envelopes of one thread, each a room with nothing constructed in it; whole batches go between
/// threads. They are known by address and not linked, so none of them is touched before somebody writes a
/// message.
struct envelope_stock {
  static constexpr std::size_t batch = 64;
  /// Two batches, so that a thread which allocates and frees in turns does not swap with each.
  static constexpr std::size_t most = 2 * batch;

  std::size_t count = 0;
  std::size_t limit = 0; ///< `most` from the thread's first envelope on, and 0 again once the thread ends
  void* free[most] = {};

  void* take() {
    if (count == 0) [[unlikely]]
      refill();
    return free[--count];
  }
  void put(void* room) {
    if (count == limit) [[unlikely]]
      return put_into_full(room);
    free[count++] = room;
  }
  static constinit thread_local envelope_stock here;

private:
  void refill();
  void put_into_full(void* room);
};

/// Destroys the message, and gives its envelope to this thread's stock.
void discard(envelope* what);
} // namespace detail

struct envelope_deleter {
  void operator()(envelope* what) const { detail::discard(what); }
};
using envelope_ptr = std::unique_ptr<envelope, envelope_deleter>;

template <class T>
envelope_ptr seal(T message) {
  auto* made = new (detail::envelope_stock::here.take()) envelope;
  if constexpr (sizeof(T) <= envelope::room)
    new (made->body) T(std::move(message));
  else
    new (made->body) void*(new T(std::move(message)));
  made->type = &message_type<T>::meta;
  static_assert(alignof(T) <= 16, "a message is aligned to 16 bytes at most");
  return envelope_ptr{made};
}

envelope_ptr seal(foreign_message message);

/// An urgent message is taken up before all that is not, and nothing else is said of their order.
enum class priority : std::uint8_t { normal, urgent };

/// Messages to one receiver that travel together.
struct parcel {
  envelope* first = nullptr; ///< leads over `next` to `last`, in the order of their sending
  envelope* last = nullptr;
  std::uint32_t count = 1;
  bool urgent = false;
};

inline parcel parcel_of(envelope_ptr what, priority how = priority::normal) {
  auto* sealed = what.release();
  return {.first = sealed, .last = sealed, .urgent = how == priority::urgent};
}

/// Takes the message out, for a receiver that only CAF reaches.
caf::message open(envelope_ptr what);

/// First in, first out. Owns what is in it.
class envelope_queue {
public:
  envelope_queue() = default;
  envelope_queue(const envelope_queue&) = delete;
  envelope_queue& operator=(const envelope_queue&) = delete;
  ~envelope_queue() { clear(); }

  void push(envelope_ptr what) {
    auto* last = what.release();
    last->next = nullptr;
    (last_ ? last_->next : first_) = last;
    last_ = last;
    ++size_;
  }
  envelope_ptr pop() {
    auto* first = first_;
    if (!first) return {};
    first_ = first->next;
    if (!first_) last_ = nullptr;
    --size_;
    return envelope_ptr{first};
  }
  /// Takes out the first one of which `wanted` says so; null when there is none.
  template <class Wanted>
  envelope_ptr remove_first(Wanted wanted) {
    envelope* before = nullptr;
    for (auto* each = first_; each; before = each, each = each->next) {
      if (!wanted(*each)) continue;
      (before ? before->next : first_) = each->next;
      if (last_ == each) last_ = before;
      --size_;
      return envelope_ptr{each};
    }
    return {};
  }
  /// The same messages as a list, over `next`, that is the caller's.
  envelope* release() {
    last_ = nullptr;
    size_ = 0;
    return std::exchange(first_, nullptr);
  }
  envelope* front() const { return first_; } ///< null when empty; `next` leads on
  bool empty() const { return !first_; }
  std::size_t size() const { return size_; }
  void clear() {
    while (pop()) {
    }
  }

private:
  envelope* first_ = nullptr;
  envelope* last_ = nullptr;
  std::size_t size_ = 0;
};

} // namespace vesta
