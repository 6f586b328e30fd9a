#pragma once

#include <caf/fwd.hpp>
#include <caf/typed_actor.hpp>

#include <utility>

#include "vesta/runtime/envelope.hpp"

namespace vesta {

/// Whether the actors behind this handle type understand the message. Untyped handles say so of any.
template <class Handle, class Message>
inline constexpr bool accepts =
    caf::response_type_unbox<caf::signatures_of_t<Handle>, caf::detail::type_list<Message>>::valid;
template <class Message>
inline constexpr bool accepts<caf::actor, Message> = true;
template <class Message>
inline constexpr bool accepts<caf::strong_actor_ptr, Message> = true;

namespace detail {
/// `to` is held by the caller; null swallows it.
void deliver(caf::actor_control_block* to, envelope_ptr what, priority how = priority::normal);
/// Once the delay is over, by the clock of the node's actors.
void deliver_later(caf::actor_clock& by, platform::nanoseconds delay, caf::strong_actor_ptr to,
                   envelope_ptr what, priority how = priority::normal);
/// How a message of that priority is marked for CAF.
caf::message_id id_for(priority how);
/// The worker whose thread this is, or null: what is made ready here had best run here.
inline constinit thread_local caf::execution_unit* unit_of_this_thread = nullptr;
/// What the last handler made ready, if this thread runs that next; null for threads that are no workers.
inline constinit thread_local caf::resumable* next_of_this_thread = nullptr;
} // namespace detail

/// Sends at once, with no sender, no answer and no outbox: for threads that are no actors. Thread-safe; an
/// invalid handle swallows the message.
template <class Handle, class Message>
void tell(const Handle& to, Message message, priority how = priority::normal) {
  static_assert(accepts<Handle, Message>, "the receiver's interface does not have this message");
  detail::deliver(caf::actor_cast<caf::actor_control_block*>(to), seal(std::move(message)), how);
}

} // namespace vesta
