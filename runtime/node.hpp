#pragma once

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/platform/files.hpp"
#include "vesta/platform/topology.hpp"
#include "vesta/runtime/actor.hpp"
#include "vesta/runtime/dead_letters.hpp"
#include "vesta/runtime/directory.hpp"
#include "vesta/runtime/hosted_scheduler.hpp"
#include "vesta/runtime/simulated_scheduler.hpp"
#include "vesta/runtime/supervisor.hpp"
#include "vesta/runtime/watchdog.hpp"

namespace vesta {

class checkpoint_writer;
struct actor_surroundings;
struct node_counters;

struct node_options {
  /// A list that is empty is what platform::find_topology finds, given the other. Where both are given, they
  /// are taken as they are: a worker whose core is not there runs unpinned, and its report says so.
  platform::topology cores = {};
  std::uint64_t seed = 1;                   ///< of every random number that an actor draws
  supervision_listener* listener = nullptr; ///< outlives the node; null: what isolates an actor or loses a
                                            ///< message is logged by spdlog's default logger
  bool hosted = false;    ///< no thread of its own: actors run inside `tick`, and `cores` is not looked at
  bool simulated = false; ///< likewise inside `run`, in virtual time and in an order that `seed` chooses
  std::size_t dead_letters_max = 1024;    ///< kept; 0: none
  std::string state_folder = {};          ///< for actors that keep their state on disk; of one node alone
  platform::file_system* files = nullptr; ///< for that; outlives the node; null: the system's
};

/// A supervision tree at work: the actor system, its schedulers, and the actors by name. This is where the
/// code begins.
///
/// The addresses exist from the constructor on, so an actor can name its peers whatever the order of their
/// start; `start` builds the incarnations. The destructor stops the tree. Used from one thread, the host's;
/// `send` from any, but for a simulated node.
class node : private actor_maker {
public:
  /// Throws std::invalid_argument, with a sentence, for a tree with a contradiction (runtime/tree_check.hpp),
  /// for cores that this process cannot use, and for options that contradict each other.
  node(node_options options, supervisor_spec tree, services lent = {});
  ~node();
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  void start();
  /// Stops children in the reverse order of their start: what waits for one is handled for as long as its
  /// grace lasts, and what is left then is refused. Blocks until that is done, and until handlers have
  /// returned; harmless a second time. From any thread; from a handler it is a std::logic_error, as is all
  /// that waits for actors.
  void stop();

  /// Runs actors on this thread, for a hosted node; see runtime/hosted_scheduler.hpp. Throws std::logic_error
  /// for any other.
  tick_report tick(const tick_request& wanted);
  /// The same for a simulated node; see runtime/simulated_scheduler.hpp. Whatever else waits here for an
  /// actor (`ask`, `add`, `stop`, ...) runs it on, and moves the clock on when it has to.
  simulated_run run(const run_limits& until);

  /// The actor of that name. Throws std::logic_error when there is none, it has another interface, or the
  /// node has stopped.
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
    static_assert(detail::answers_with<Handle, Message, Answer>,
                  "the receiver's interface answers this message with something else");
    const caf::message said =
        answer_from(caf::actor_cast<caf::strong_actor_ptr>(to), wrap(std::move(message)), limit, why);
    if (said.match_elements<Answer>()) return said.get_as<Answer>(0);
    if (why && *why == error_code::none) *why = error_code::unexpected_message; // an answer of another type
    return {};
  }

  /// Ends the actor's incarnation as a crash would. False when no actor has that name.
  bool kill(std::string_view name, std::string reason);
  /// Makes an actor fail on purpose, from its next message on. False when no actor has that name.
  bool inject(std::string_view name, const inject_fault& what);
  /// Takes a checkpoint of the actor's state, soon. False when no actor has that name.
  bool checkpoint(std::string_view name);
  /// Lets an isolated actor begin anew; it serves what waited in its inbox. False when no actor has that
  /// name.
  bool release(std::string_view name);

  /// Adds actors to the tree while it runs, as the last children of that supervisor, and starts them; they
  /// are there to be found when this returns. They are added one after the other up to the first that is
  /// refused: kNotFound for the supervisor, kAlreadyExists for a name, kInvalidArgument for a contradiction,
  /// kUnavailable while the node stops; each with a sentence. This and the next five: from any thread that
  /// may tick a hosted node, never from a handler (there: `context::supervisor`), and after `start`.
  absl::Status add(std::string_view supervisor, std::vector<actor_spec> children);
  /// Ends an actor, or all below a supervisor, in good order, and waits for it: what is waiting for them and
  /// what comes is refused with `actor_stopped`. They stay away until `restart_child`, or until their
  /// supervisor restarts them with its other children. kNotFound for the name.
  absl::Status stop_child(std::string_view name);
  /// Starts again what `stop_child` has ended, or what has ended of its own accord. kFailedPrecondition when
  /// it is there. Of a supervisor it returns when that was told to: actors below refuse for a moment still.
  absl::Status restart_child(std::string_view name);
  /// The same for many at a time: names that are unknown change nothing.
  absl::Status change(std::string_view supervisor, change_children what);
  /// Stops an actor and forgets it: its name is free again, and its handles lead to nobody (`actor_stopped`).
  absl::Status remove_child(std::string_view name);
  /// A supervisor's children in the order of their start.
  absl::StatusOr<std::vector<child_info>> children(std::string_view supervisor);

  const directory& actors() const { return directory_; }
  /// What was set aside. Any thread; a replay not while the node stops.
  vesta::dead_letters& dead_letters() { return dead_letters_; }
  /// What all actors and workers count, merged; visits each actor once. Any thread while the node lives, also
  /// after its stop.
  node_counters counters() const;
  /// The actors' clock: the steady one, or a hosted or simulated node's own.
  const platform::clock& time() const;
  caf::actor_system& system() { return *system_; }

private:
  absl::StatusOr<supervised> make(std::shared_ptr<const actor_spec> spec, const caf::actor& over) override;
  void forget(const supervised& child) override;
  absl::StatusOr<supervised> spawn_actor(std::shared_ptr<const actor_spec> spec, const caf::actor& over);
  absl::Status check_standby(const actor_spec& spec) const;
  void keep_to_the_end(const caf::actor& first);
  caf::actor spawn_tree(const supervisor_spec& spec, const caf::actor& parent);
  caf::actor over(std::string_view child) const;
  template <class Answer, class Order>
  absl::StatusOr<Answer> order(const caf::actor& supervisor, Order what);
  absl::Status change(const caf::actor& supervisor, change_children what);
  absl::Status change_one(std::string_view name, change_children::kind how);
  void refuse_in_handler(const char* call) const;
  directory::entry_ptr living(std::string_view name) const;
  void stop_tree();
  std::uint32_t number_of(std::type_index actor_class);
  void end_actors();
  caf::message answer_from(const caf::strong_actor_ptr& whom, caf::message question,
                           std::chrono::nanoseconds limit, error_code* why);
  caf::strong_actor_ptr address(std::string_view name, std::type_index interface) const;

  const node_options options_;
  const supervisor_spec tree_;
  const services lent_;
  struct counted_kind;
  mutable std::mutex making_;                        ///< for what follows
  bool makes_none_ = false;                          ///< any more
  std::vector<std::unique_ptr<counted_kind>> kinds_; ///< in the order of their first actors' start
  directory directory_;
  vesta::dead_letters dead_letters_{directory_, options_.dead_letters_max};
  watchdog watchdog_;
  std::unique_ptr<checkpoint_writer> states_; ///< null without a folder
  std::unique_ptr<actor_surroundings> surroundings_;
  /// They live as long as the schedulers: nobody in this node counts references to them.
  std::vector<caf::strong_actor_ptr> first_actors_;
  caf::actor_system_config config_;
  std::unique_ptr<caf::actor_system> system_;
  driven_scheduler* driven_ = nullptr; ///< null: there are workers
  struct adoption {
    caf::actor supervisor;
    std::vector<supervised> children;
  };
  std::vector<adoption> adoptions_; ///< carried out by `start`, parents first
  std::atomic<bool> started_ = false;
  std::atomic<bool> has_stopped_ = false;
  std::atomic<bool> tree_stopped_ = false;
  std::once_flag stopped_;
};

} // namespace vesta
