#pragma once

// What a file that defines an actor includes.

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <typeindex>
#include <vector>

#include "vesta/messages/message.hpp"
#include "vesta/messages/placement.hpp"
#include "vesta/messages/supervision.hpp"
#include "vesta/runtime/backoff.hpp"
#include "vesta/runtime/call_guard.hpp"
#include "vesta/runtime/incarnation.hpp"

namespace vesta {

struct state_versions;

/// When an actor that ended comes back (OTP's restart types).
enum class restart_kind : std::uint8_t {
  permanent, ///< always
  transient, ///< unless it was stopped in good order
  temporary, ///< never
};

/// Whom the end of one child of a supervisor concerns, when it is to come back (OTP's restart strategies).
enum class group_rule : std::uint8_t {
  one_for_one, ///< itself
  /// Itself; and all children end at once, in no order: for many that do not know of each other, which come
  /// and go at run time.
  simple_one_for_one,
  one_for_all,  ///< all children: they end, the last first, and start again in order
  rest_for_one, ///< itself and those started after it
};

/// Whether a supervisor ends itself once significant children have ended of their own accord (OTP 24).
enum class auto_shutdown : std::uint8_t { never, any_significant, all_significant };

/// One step of a recovery chain: the remedy, how often it is tried on one and the same message, and the pause
/// before it, which doubles with each try up to a hundredfold and varies by a quarter.
struct chain_step {
  remedy action = remedy::restart;
  unsigned times = 1;
  std::chrono::nanoseconds pause{0};
};

/// The steps of a recovery chain, in order: `{{remedy::retry, 3}, {remedy::restart}}`. Copies share them.
class chain_steps {
public:
  chain_steps(std::initializer_list<chain_step> steps) : chain_steps(std::vector(steps)) {}
  chain_steps(std::vector<chain_step> steps)
      : steps_(std::make_shared<const std::vector<chain_step>>(std::move(steps))) {}
  auto begin() const { return steps_->begin(); }
  auto end() const { return steps_->end(); }
  operator std::span<const chain_step>() const { return *steps_; }

private:
  std::shared_ptr<const std::vector<chain_step>> steps_;
};

/// retry (for repeatable actors) -> rollback (for those that keep state) -> restart -> isolate. A restart
/// beyond the supervisor's intensity escalates instead.
const chain_steps& default_chain();

/// rollback -> set aside -> restart -> isolate: for an actor that should rather lose one message than its
/// place.
const chain_steps& agent_chain();

/// What becomes of a message for which an inbox has no room.
enum class overflow_rule : std::uint8_t {
  reject,      ///< it is refused
  drop_oldest, ///< it comes in; of what waits an eighth goes, the oldest, and at least one message.
               ///< Questions, answers and orders stay; where nothing else waits, it is refused
  block,       ///< it comes in, and the actor that sent it handles nothing more until half the room is free,
               ///< for a second at most, so that actors that wait for each other go on. Threads that are no
               ///< actors are refused
};

/// All that a supervisor has to know of one child.
struct actor_spec {
  std::string name;     ///< unique in the node
  placement where = {}; ///< any core by default
  restart_kind restart = restart_kind::permanent;
  chain_steps chain = default_chain();
  /// Its end of its own accord may shut its supervisor down; not for permanent ones, which come back.
  bool significant = false;
  bool repeatable = false; ///< a handler that failed has changed nothing, so it may simply run again
  /// Messages between checkpoints. 1 suits every handler. More is cheaper where the state is large, but then
  /// messages handled since run again at a rollback, so handlers must depend on state, message and context
  /// alone, and reach nothing outside.
  unsigned checkpoint_every = 1;
  /// With `checkpoint_every` above 1: a message is handled for no longer than so long without a checkpoint,
  /// by the actors' clock. 0: they go by number alone.
  std::chrono::nanoseconds checkpoint_interval{0};
  /// Set: its checkpoints are kept in the node's `state_folder` as well, and its first incarnation goes on
  /// from the newest one that can be read, brought up to this version. A state that ends, since the actor
  /// quits or is stopped by hand or removed, is removed from there.
  std::shared_ptr<const state_versions> on_disk = {};
  /// Messages that may wait while the actor is at work on as many, or cannot serve; what is more is refused:
  /// a request is answered with `mailbox_full`, the rest is counted. Above 65,534: only while it cannot
  /// serve.
  std::size_t inbox_limit = 50'000;
  overflow_rule overflow = overflow_rule::reject; ///< counted either way
  /// A handler that runs for longer is given up: see `watchdog`. By the steady clock; 0: none.
  std::chrono::nanoseconds handler_deadline{0};
  std::chrono::nanoseconds shutdown_grace = std::chrono::seconds(5);
  /// Time limit and tries, circuit breaker, bulkhead and rate limiter for what this actor asks of others:
  /// `context::call` names one of them. They outlive its incarnations.
  std::vector<named_policy> policies = {};

  /// What takes its place while it cannot serve and the remedy is `fallback`: an actor of this node with the
  /// same interface, or a static answer, as an actor that gives it. Empty: there is none.
  std::string standby = {};
  /// What `degrade` may switch off, in this order. The actor's class has a method
  /// `void adapt(const service_level&)`, which is called after each change and for each new incarnation.
  std::vector<std::string> features = {};
  /// The smallest share of its load, above 0 to 1, that `scale_down` may leave it, by `adapt` as well. 1:
  /// all.
  double least_load = 1;

  bool adapts = false;                      ///< set by spec_of
  bool keeps_state = false;                 ///< set by spec_of
  std::type_index interface = typeid(void); ///< set by spec_of
  std::type_index kind = typeid(void);      ///< the actor's class, by which times are counted; set by spec_of
  std::function<std::unique_ptr<incarnation>(context&)> make = {}; ///< set by spec_of
};

/// Completes a spec for the actor class `Actor`, whose constructor takes `context&` and these arguments.
template <class Actor, class... Arguments>
actor_spec spec_of(actor_spec spec, Arguments... arguments) {
  spec.adapts = detail::adapts<Actor>;
  spec.keeps_state = detail::keeps_state<Actor>;
  spec.interface = typeid(typename Actor::interface);
  spec.kind = typeid(Actor);
  spec.make = [arguments...](context& self) {
    return std::make_unique<incarnation_of<Actor>>(self, arguments...);
  };
  return spec;
}

/// OTP's rule: more than `count` restarts within `period` is too many. 0 restarts allowed: the first one
/// escalates.
struct restart_intensity {
  unsigned count = 5;
  std::chrono::nanoseconds period = std::chrono::seconds(5);
};

/// A supervisor and its children, in the order of their start: its actors, then the supervisors below it.
struct supervisor_spec {
  std::string name;
  restart_intensity intensity = {};
  group_rule rule = group_rule::one_for_one;
  auto_shutdown shutdown = auto_shutdown::never;
  /// The pause before a child is restarted: longer each time, and the first again once the child has been
  /// well for long enough. None: at once, but for what the child's chain or the error coordinator says.
  std::optional<backoff_settings> restart_pause = {};
  /// The share of its children, above 0 to 1 and at least one of them, that may be restarting at a time under
  /// the two one_for_one rules; the others wait in line. It keeps a storm of failures from taking all cores.
  double restarts_at_once = 1;
  /// Of this supervisor, as its parent's child. One that gives up has shut down, which OTP takes for good
  /// order: only a permanent one comes back.
  restart_kind restart = restart_kind::permanent;
  bool significant = false;
  /// Whether it asks the node's error coordinator, where there is one, about failures that a retry or a
  /// rollback on the spot has not cured.
  bool asks_coordinator = true;
  std::vector<actor_spec> actors = {};
  std::vector<supervisor_spec> supervisors = {};
};

/// An error that a handler throws when it knows more than `what()`: which code, which category.
class actor_error : public std::runtime_error {
public:
  actor_error(error_code code, category kind, const std::string& text)
      : std::runtime_error(text), code_(code), kind_(kind) {}
  error_code code() const { return code_; }
  category kind() const { return kind_; }

private:
  error_code code_;
  category kind_;
};

} // namespace vesta
