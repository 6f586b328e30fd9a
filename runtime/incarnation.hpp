#pragma once

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#include <caf/typed_actor.hpp>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "vesta/messages/supervision.hpp"
#include "vesta/runtime/context.hpp"

namespace vesta {

/// One life of the code behind an address, with its type erased.
class incarnation {
public:
  virtual ~incarnation() = default;
  /// Runs the handler for this message. False when there is none; throws what the handler throws. What the
  /// handler returns goes to `reply`, and the bytes of a plain state to `state_after`, unless these are null.
  virtual bool handle(envelope& message, caf::message* reply, char* state_after) = 0;
  virtual bool keeps_state() const = 0;
  /// Its state is its own bytes.
  virtual bool keeps_plain_state() const = 0;
  /// Nothing, where the actor cannot.
  virtual void adapt(const service_level& level) = 0;
  /// Replaces what is in `bytes`, whose room is used again. Throws what the state's `inspect` throws; then
  /// they are as before.
  virtual void save(std::vector<char>& bytes) = 0;
  virtual void load(const std::vector<char>& bytes) = 0;
};

/// The messages that an actor sends to itself: timers, and callbacks from the platform. They stay in its own
/// file; an actor with some says `using own = vesta::own_messages<...>`.
template <class... Messages>
struct own_messages {};

namespace detail {

inline constexpr const char* unreadable_state =
    "the checkpoint does not fit the actor's state: where that has another form now, raise "
    "state_versions::current and give the step";

/// Empty, with room from before; of this thread.
inline std::vector<char>& fresh_bytes() {
  static thread_local std::vector<char> bytes;
  bytes.clear();
  return bytes;
}

template <class Actor>
concept keeps_state = requires(Actor& actor) {
  actor.state;
};

/// CAF can write and read it.
template <class Actor>
concept keeps_written_state = keeps_state<Actor> && known_to_caf<decltype(Actor::state)>;

template <class Actor>
concept adapts = requires(Actor& actor, const service_level& level) {
  actor.adapt(level);
};

/// State that is its own bytes: what every message costs is a copy of them.
template <class Actor>
concept keeps_plain_state = keeps_state<Actor> && std::is_trivially_copyable_v<decltype(Actor::state)>;

/// As memcpy, but for a state that was written a moment ago: a load that is wider than the stores before it
/// would wait until these have reached the cache.
template <class State>
void copy_by_words(char* to, const State& state) {
  constexpr std::size_t word = sizeof(std::uint64_t), whole = sizeof(State) / word * word;
  const auto* from = reinterpret_cast<const char*>(&state);
  if constexpr (sizeof(State) > 32 * word) return void(std::memcpy(to, from, sizeof(State)));
#pragma GCC unroll 32
  for (std::size_t at = 0; at < whole; at += word) {
    std::uint64_t value = 0;
    std::memcpy(&value, from + at, word);
    asm("" : "+r"(value)); // one by one
    std::memcpy(to + at, &value, word);
  }
  std::memcpy(to + whole, from + whole, sizeof(State) - whole);
}

template <class Actor, class Message>
concept handles = requires(Actor& actor, const Message& message) {
  actor.on(message);
};

/// Calls `actor.on(message)` if the message is the input of this signature.
template <class Actor, class Signature>
struct handler;

template <class Actor, class In, class... Out>
struct handler<Actor, caf::typed_mpi<caf::detail::type_list<In>, caf::output_tuple<Out...>>> {
  static bool run(Actor& actor, context& self, envelope& what, caf::message* reply) {
    const auto* message = what.as<In>();
    static_assert(handles<Actor, In>,
                  "the actor has no public on(const Message&) for this message of its interface");
    static_assert(
        std::is_same_v<caf::detail::type_list<decltype(actor.on(*message))>, caf::detail::type_list<Out...>>,
        "the handler returns something else than the actor's interface answers this message with");
    if constexpr (std::is_void_v<decltype(actor.on(*message))>) {
      if (message) actor.on(*message);
      return message != nullptr;
    } else {
      if (what.type == &message_type<asked<In>>::meta) {
        const auto& question = *static_cast<const asked<In>*>(what.content());
        self.reply(question, actor.on(question.question));
        return true;
      }
      if (!message) return false;
      auto result = actor.on(*message);
      if (reply) *reply = wrap(std::move(result));
      return true;
    }
  }
};

template <class Actor, class... Signatures>
bool dispatch(Actor& actor, context& self, caf::detail::type_list<Signatures...>, envelope& what,
              caf::message* reply) {
  return (handler<Actor, Signatures>::run(actor, self, what, reply) || ...);
}

template <class Actor, class... Messages>
bool dispatch_own(Actor& actor, own_messages<Messages...>, envelope& what) {
  static_assert((handles<Actor, Messages> && ...),
                "the actor has no public on(const Message&) for one of its own_messages");
  const auto run = [&](const auto* message) {
    if (message) actor.on(*message);
    return message != nullptr;
  };
  return (run(what.as<Messages>()) || ...);
}

} // namespace detail

/// An actor is a class with `using interface = caf::typed_actor<...>`, a constructor that takes
/// `vesta::context&`, and one `on(const Message&)` for each message of its interface. A public member `state`
/// (a VESTA_MESSAGE) is what survives.
template <class Actor>
class incarnation_of final : public incarnation {
  static_assert(!detail::keeps_state<Actor> || detail::keeps_plain_state<Actor> ||
                    detail::keeps_written_state<Actor>,
                "the actor's state cannot be saved yet: write VESTA_MESSAGE(type); behind its struct");

public:
  template <class... Arguments>
  explicit incarnation_of(context& self, Arguments... more) : self_(self), actor_(self, more...) {}

  bool handle(envelope& message, caf::message* reply, [[maybe_unused]] char* state_after) override {
    const bool known = handle_known(message, reply);
    if constexpr (detail::keeps_plain_state<Actor>)
      if (state_after) detail::copy_by_words(state_after, actor_.state);
    return known;
  }

  bool keeps_state() const override { return detail::keeps_state<Actor>; }
  bool keeps_plain_state() const override { return detail::keeps_plain_state<Actor>; }

  void adapt([[maybe_unused]] const service_level& level) override {
    if constexpr (detail::adapts<Actor>) actor_.adapt(level);
  }

  void save([[maybe_unused]] std::vector<char>& bytes) override {
    if constexpr (detail::keeps_plain_state<Actor>) {
      const auto* begin = reinterpret_cast<const char*>(&actor_.state);
      bytes.resize(sizeof actor_.state);
      std::memcpy(bytes.data(), begin, sizeof actor_.state);
    } else if constexpr (detail::keeps_written_state<Actor>) {
      auto& fresh = detail::fresh_bytes();
      caf::binary_serializer sink{nullptr, fresh};
      if (auto error = sink(actor_.state)) throw std::runtime_error("the state cannot be saved");
      bytes.swap(fresh);
    }
  }

  void load([[maybe_unused]] const std::vector<char>& bytes) override {
    if constexpr (detail::keeps_plain_state<Actor>) {
      if (bytes.size() != sizeof actor_.state) throw std::runtime_error(detail::unreadable_state);
      std::memcpy(&actor_.state, bytes.data(), sizeof actor_.state);
    } else if constexpr (detail::keeps_written_state<Actor>) {
      decltype(actor_.state) state{};
      caf::binary_deserializer source{nullptr, bytes};
      if (auto error = source(state)) throw std::runtime_error(detail::unreadable_state);
      actor_.state = std::move(state);
    }
  }

private:
  bool handle_known(envelope& message, caf::message* reply) {
    if (detail::dispatch(actor_, self_, typename Actor::interface::signatures{}, message, reply)) return true;
    if constexpr (requires { typename Actor::own; })
      return detail::dispatch_own(actor_, typename Actor::own{}, message);
    else
      return false;
  }

  context& self_;
  Actor actor_;
};

} // namespace vesta
