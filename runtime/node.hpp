#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/platform/topology.hpp"
#include "vesta/runtime/actor.hpp"
#include "vesta/runtime/dead_letters.hpp"
#include "vesta/runtime/directory.hpp"
#include "vesta/runtime/hosted_scheduler.hpp"
#include "vesta/runtime/supervisor.hpp"
#include "vesta/runtime/watchdog.hpp"

namespace vesta {

class handler_times;
struct node_counters;

struct node_options {
  platform::topology cores; ///< a list that is empty is what platform::find_topology finds, given the other
  std::uint64_t seed = 1;   ///< of every random number that an actor draws
  supervision_listener* listener = nullptr; ///< outlives the node; null: what isolates an actor or loses a
                                            ///< message is logged by spdlog's default logger
  bool hosted = false; ///< no thread of its own: actors run inside `tick`, and `cores` is not looked at
  std::size_t dead_letters_max = 1024; ///< kept; 0: none
};

/// A supervision tree at work: the actor system, its schedulers, and the actors by name. This is where the
/// code begins.
///
/// The addresses exist from the constructor on, so an actor can name its peers whatever the order of their
/// start; `start` builds the incarnations. The destructor stops the tree. Used from one thread, the host's;
/// `send` from any.
class node {
public:
  /// Throws std::invalid_argument, with a sentence, for a tree with a contradiction (runtime/tree_check.hpp),
  /// and for cores that this process cannot use.
  node(node_options options, supervisor_spec tree, services lent);
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  void start();
  /// Stops children in the reverse order of their start, each within its grace. Blocks until that is done;
  /// harmless a second time. From any thread, but never from a handler.
  void stop();

  /// Runs actors on this thread, for a hosted node; see runtime/hosted_scheduler.hpp. Throws std::logic_error
  /// for any other.
  tick_report tick(const tick_request& wanted);

  /// The actor of that name. Throws std::logic_error when there is none or it has another interface.
  template <class Interface>
  Interface find(std::string_view name) const {
    return caf::actor_cast<Interface>(address(name, typeid(Interface)));
  }

  template <class Handle, class Message>
  void send(const Handle& to, Message message) {
    tell(to, std::move(message));
  }

  /// Sends a request and waits for its answer: for threads of the host, never for a handler. None when there
  /// is an error or no answer within `limit`; `why`, where it is given, then says what: what befell the other
  /// actor (such as actor_isolated), or request_timed_out. With an answer it is `none`.
  template <class Answer, class Handle, class Message>
  std::optional<Answer> ask(const Handle& to, Message message,
                            std::chrono::nanoseconds limit = std::chrono::seconds(5),
                            error_code* why = nullptr) {
    caf::scoped_actor self{*system_};
    std::optional<Answer> answer;
    auto question = self->request(to, limit, std::move(message));
    await_mail(self);
    auto reason = error_code::none;
    question.receive([&](const Answer& value) { answer = value; },
                     [&](const caf::error& error) { reason = reason_of(error); });
    if (why) *why = reason;
    return answer;
  }

  /// Ends the actor's incarnation as a crash would. False when no actor has that name.
  bool kill(std::string_view name, std::string reason);
  /// Makes an actor fail on purpose, from its next message on. False when no actor has that name.
  bool inject(std::string_view name, const inject_fault& what);
  /// Lets an isolated actor begin anew; it serves what waited in its inbox. False when no actor has that
  /// name.
  bool release(std::string_view name);

  const directory& actors() const { return directory_; }
  /// What was set aside. Any thread; a replay not while the node stops.
  vesta::dead_letters& dead_letters() { return dead_letters_; }
  /// What all actors and workers count, merged; visits each actor once. Any thread while the node lives, not
  /// while it stops.
  node_counters counters() const;
  /// The actors' clock: the steady one, or a hosted node's own.
  const platform::clock& time() const;
  caf::actor_system& system() { return *system_; }

private:
  caf::actor spawn_tree(const supervisor_spec& spec, const caf::actor& parent);
  supervised spawn_actor(const actor_spec& spec, const caf::actor& its_supervisor);
  void stop_tree();
  std::uint32_t number_of(std::type_index actor_class);
  void end_actors();
  /// In a hosted node somebody has to run the actors that are waited for, and the clock that ends the wait.
  void await_mail(caf::scoped_actor& self);
  caf::strong_actor_ptr address(std::string_view name, std::type_index interface) const;
  /// Vesta's code for any error that a request can end with.
  static error_code reason_of(const caf::error& error);

  const node_options options_;
  const supervisor_spec tree_;
  const services lent_;
  std::vector<std::unique_ptr<actor_counters>> counters_;
  struct counted_kind {
    std::type_index of; ///< class
    std::unique_ptr<handler_times> times;
  };
  std::vector<counted_kind> kinds_; ///< in the order of their first actors' start
  directory directory_;
  vesta::dead_letters dead_letters_{directory_, options_.dead_letters_max};
  watchdog watchdog_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  hosted_scheduler* host_ = nullptr;
  struct adoption {
    caf::actor supervisor;
    std::vector<supervised> children;
  };
  std::vector<adoption> adoptions_; ///< carried out by `start`, parents first
  std::atomic<bool> tree_stopped_ = false;
  std::once_flag stopped_;
};

} // namespace vesta
