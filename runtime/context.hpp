#pragma once

#include <caf/message.hpp>
#include <caf/typed_actor.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <typeindex>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/random.hpp"
#include "vesta/runtime/request.hpp"
#include "vesta/runtime/send.hpp"
#include "vesta/runtime/services.hpp"

namespace vesta {
namespace detail {
template <class Actor, class Signature>
struct handler;
} // namespace detail

struct change_children;
struct list_children;
using supervisor_actor = caf::typed_actor<caf::reacts_to<change_children>, caf::reacts_to<list_children>>;

/// What an actor's handlers may reach besides their state and their message. It belongs to the actor's
/// address and outlives every incarnation. Used on the actor's thread alone, inside the constructor and the
/// handlers.
class context {
public:
  /// The moment at which the message in hand was taken up; the same again when the message is run again.
  virtual platform::nanoseconds now() const = 0;
  /// Random numbers keyed by the node's seed, this actor, the message's number and `purpose`: repeatable, and
  /// untouched by what others draw.
  virtual platform::random_stream random(std::string_view purpose) const = 0;
  /// The actor's name in its node.
  virtual const std::string& actor_name() const = 0;
  /// Counted from 1 over the actor's life.
  virtual std::uint64_t incarnation() const = 0;
  /// Whether the message in hand was handled before and runs again, with nothing sent, to rebuild the state.
  /// For what a handler does outside of it, such as writing to the journal.
  virtual bool runs_again() const { return false; }
  /// Hands the outbox over now. What was sent by then stays sent even if the handler fails.
  virtual void flush() = 0;
  /// Takes a checkpoint once the handler has returned, whatever the actor's spec says.
  virtual void checkpoint() = 0;
  /// Ends this incarnation of its own accord and in good order, once the handler has returned; its state is
  /// over. Whether the actor comes back is its supervisor's to say (`restart_kind`).
  virtual void quit() = 0;
  virtual const services& lent() const = 0;

  /// Sends when the handler has returned; a handler that fails has sent nothing. Checked against the
  /// receiver's interface at compile time.
  template <class Handle, class Message>
  void send(const Handle& to, Message message, priority how = priority::normal) {
    static_assert(accepts<Handle, Message>, "the receiver's interface does not have this message");
    post(caf::actor_cast<caf::actor_control_block*>(to), seal(std::move(message)), how);
  }

  /// Asks, when the handler has returned: `answer<Reply>` comes as a message of this actor's own, which has
  /// it among its `own_messages`. Once, and at the latest at the deadline (by the actors' time; never
  /// early, and some 1 ms late at most), whatever becomes of the other actor. Returns the number that the
  /// answer carries. A handler that fails has asked nothing.
  template <class Handle, class Question>
  std::uint64_t ask(const Handle& to, Question question, std::chrono::nanoseconds deadline) {
    static_assert(accepts<Handle, Question>, "the other actor's interface does not have this message");
    auto* receiver = caf::actor_cast<caf::actor_control_block*>(to);
    const auto id =
        open_request(receiver, deadline.count(), detail::make_answer<detail::reply_of<Handle, Question>>);
    post(receiver, seal(detail::asked<Question>{address(), id, std::move(question)}));
    return id;
  }

  /// As `ask`, under the policy of that name in the actor's spec: the question goes out only if the policy
  /// lets it, and again after a failure, as often and for as long as the policy says. One answer in the end,
  /// with the code of the last try, or `circuit_open`, `calls_full` or `calls_too_frequent`. Throws
  /// std::logic_error when the spec names no such policy.
  template <class Handle, class Question>
  std::uint64_t call(std::string_view policy, const Handle& to, Question question) {
    static_assert(accepts<Handle, Question>, "the other actor's interface does not have this message");
    auto seal_it = [question = std::move(question)](const caf::strong_actor_ptr& asker, std::uint64_t id) {
      return seal(detail::asked<Question>{asker, id, question});
    };
    return open_call(policy, {caf::actor_cast<caf::strong_actor_ptr>(to), std::move(seal_it),
                              detail::make_answer<detail::reply_of<Handle, Question>>});
  }

  /// Sends to this actor itself, once the delay is over. It reaches the next incarnation if this one is gone
  /// by then.
  template <class Message>
  void after(std::chrono::nanoseconds delay, Message message) {
    post_later(delay.count(), wrap(std::move(message)));
  }

  /// A door to this actor for callbacks on other threads: each call sends it a message. Copyable,
  /// thread-safe, and good for as long as the node lives.
  template <class Message>
  auto inlet() const {
    return [to = address()](Message message) { tell(to, std::move(message)); };
  }

  /// The actor of that name in this node: an address that stays good whatever happens to the actor. Throws
  /// std::logic_error when there is none or it has another interface.
  template <class Interface>
  Interface peer(std::string_view name) const {
    return caf::actor_cast<Interface>(find(name, typeid(Interface)));
  }

  /// The supervisor of that name in this node, to change its children (runtime/children.hpp). Throws
  /// std::logic_error when there is none.
  virtual supervisor_actor supervisor(std::string_view name) const = 0;

  /// What the host lent to its actors.
  template <class T>
  T& use() const {
    return lent().template use<T>();
  }

protected:
  ~context() = default;

private:
  template <class, class>
  friend struct detail::handler;

  template <class Question, class Reply>
  void reply(const detail::asked<Question>& to, Reply value) {
    post(to.asker.get(), seal(answer<Reply>{.request = to.request, .value = std::move(value)}));
  }
  virtual caf::strong_actor_ptr address() const = 0;
  virtual void post(caf::actor_control_block* to, envelope_ptr what, priority how = priority::normal) = 0;
  virtual std::uint64_t open_request(caf::actor_control_block* to, platform::nanoseconds limit,
                                     detail::answer_maker make) = 0;
  virtual std::uint64_t open_call(std::string_view policy, detail::repeatable_question what) = 0;
  virtual void post_later(platform::nanoseconds delay, caf::message message) = 0;
  virtual caf::strong_actor_ptr find(std::string_view name, std::type_index interface) const = 0;
};

} // namespace vesta
