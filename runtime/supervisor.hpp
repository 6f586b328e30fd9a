#pragma once

#include <absl/container/btree_map.h>
#include <absl/container/flat_hash_map.h>
#include <atomic>
#include <string>
#include <vector>

#include "vesta/messages/recovery.hpp"
#include "vesta/runtime/actor.hpp"
#include "vesta/runtime/backoff.hpp"
#include "vesta/runtime/child_group.hpp"
#include "vesta/runtime/children.hpp"
#include "vesta/runtime/directory.hpp"
#include "vesta/runtime/inbox_actor.hpp"
#include "vesta/runtime/recovery_chain.hpp"
#include "vesta/runtime/restart_gate.hpp"

namespace vesta {

/// Hears every decision of a supervision tree, on the deciding supervisor's thread; must not block. What it
/// throws is logged.
class supervision_listener {
public:
  virtual ~supervision_listener() = default;
  virtual void on_failure(const failure& what, remedy chosen) = 0;
  virtual void on_recovered(const recovered& what) = 0;
  /// Nobody below could cure it. The world goes on; what changes code should pause.
  virtual void on_escalated_to_root(const escalation& what) = 0;
};

struct supervisor_setup {
  const supervisor_spec* spec = nullptr;
  const platform::clock* time = nullptr;
  const directory* peers = nullptr; ///< where the error coordinator is found
  supervision_listener* listener = nullptr;
  actor_maker* maker = nullptr;
  std::uint64_t seed = 0;
  caf::actor parent;                    ///< invalid for the root
  std::atomic<bool>* stopped = nullptr; ///< the root's: set and notified when the whole tree has stopped
};

/// Starts every child, after all have ended: the first time, and when a parent restarts this supervisor.
/// Answered with `children_started`.
struct start_children {
  std::uint64_t order = 0;
};
VESTA_LOCAL_MESSAGE(start_children);

struct children_started {
  std::string supervisor;
  std::uint64_t order = 0;
};
VESTA_LOCAL_MESSAGE(children_started);

/// Ends every child, the last one first; answered with `children_ended`, unless the order is 0.
struct end_children {
  std::uint64_t order = 0;
  bool come_back = false; ///< what waits for them goes on waiting
};
VESTA_LOCAL_MESSAGE(end_children);

struct children_ended {
  std::string supervisor;
  std::uint64_t order = 0; ///< 0: of its own accord (auto_shutdown)
};
VESTA_LOCAL_MESSAGE(children_ended);

/// Stops the children one after the other, the last started first, or all at once where the rule is
/// simple_one_for_one, each within its grace; answered with `children_stopped`.
struct stop_children {};
VESTA_LOCAL_MESSAGE(stop_children);

struct children_stopped {
  std::string supervisor;
};
VESTA_LOCAL_MESSAGE(children_stopped);

/// The root's last word on whom a supervisor below it has given up: actors are isolated, a supervisor that
/// has shut itself down stays down, and the others go on.
struct leave_out_child {};
VESTA_LOCAL_MESSAGE(leave_out_child);

/// The grace of those that should stop may be over.
struct grace_over {};
VESTA_MESSAGE(grace_over);

/// The error coordinator has had its time.
struct consultation_over {
  std::uint64_t failure_id = 0;
  std::string actor;
};
VESTA_MESSAGE(consultation_over);

/// The pause before a child's restart is over.
struct restart_due {
  std::uint64_t failure_id = 0;
  std::string actor;
};
VESTA_MESSAGE(restart_due);

/// Who waits in line for its restart need not wait for those that hang.
struct restarts_overdue {};
VESTA_MESSAGE(restarts_overdue);

/// Decides what becomes of a child that failed: what the node's error coordinator says, else the next step of
/// the child's recovery chain. Where that is a restart, its `child_group` says who ends and who starts; when
/// there were more of them than the intensity allows, it escalates to its parent, which restarts all of this
/// supervisor's children. It runs no code of theirs, so it does not fail with them.
class supervisor final : public inbox_actor {
public:
  supervisor(caf::actor_config& config, supervisor_setup setup);
  const char* name() const override { return setup_.spec->name.c_str(); }
  /// Its children, in the order of their start. Once, before its first message.
  void adopt(std::vector<supervised> children);

private:
  /// A child's number in the group; larger for one that was added later.
  using child_number = std::size_t;

  void receive(envelope_ptr& what) override;
  bool always_takes(envelope&) override { return true; }
  void refuse_at_door(envelope_ptr) override {}
  /// Children and supervisors hold each other's addresses; this is where the circle ends.
  void ended() override {
    changes_.clear();
    early_.clear();
    by_name_.clear();
    children_.clear();
  }

  void on(const start_children& order);
  void on(const end_children& order);
  void on(const child_failed& report);
  void on(const recovered& what);
  void on(const escalation& what);
  void on(const incarnation_started& what);
  void on(const children_started& what) { on_started(what.supervisor, what.order); }
  void on(const incarnation_ended& what);
  void on(const children_ended& what);
  void on(const leave_out_child&);
  void on(const stop_children&);
  void on(const all_ended& what);
  void on(const actor_stopped_event& what) { stopped(what.child); }
  void on(const children_stopped& what);
  void on(const grace_over&);
  void on(const recovery_step& step);
  void on(const consultation_over& what);
  void on(const restart_due& what);
  void on(const restarts_overdue&);
  void on(const change_children& order);
  void on(const list_children& order);
  template <class... Messages>
  bool dispatch(envelope& what);

  void on_ended(child_number child, std::uint64_t order, end_reason why);
  void on_started(const std::string& name, std::uint64_t order);
  caf::strong_actor_ptr coordinator() const;
  bool consult(child_number child, const failure& what, chain_choice otherwise);
  void carry_out(child_number child, const failure& what, chain_choice choice);
  platform::nanoseconds pause_before_restart(child_number child);
  void obey_group();
  void obey(const group_order& order);
  bool is_alone() const; ///< each child: none is ended or awaited for another's sake
  void start(child_number child);
  void start_now(child_number child);
  std::size_t restarts_at_once() const;
  void left_gate(child_number child);
  void admit();
  void await_gate();
  void end(child_number child, bool comes_back);
  void end_all();
  countdown& count_from(std::size_t children);
  void together_ended();
  void drop(child_number child);
  void drop_all();
  void give_up(child_number child);
  void leave_out(child_number child);
  void group_closed();
  template <class Tell>
  void tell_listener(Tell tell) const;
  void announce(const failure& what, remedy chosen) const;
  void announce_root(const escalation& what) const;
  void answer(const supervised& child, const failure& what, chain_choice choice);
  void await_end(supervised& child);
  void await_grace(platform::nanoseconds until);
  void stop(child_number child);
  void stopped(child_number child);
  void all_stopped();
  /// None when there is no such child, or when it has stopped for good.
  std::optional<child_number> number_of(const std::string& name) const;

  absl::Status stopping() const;
  absl::Status add(std::shared_ptr<const actor_spec> spec);
  absl::StatusOr<std::vector<child_number>> numbers_for(const change_children& order) const;
  void settle_changes();
  void forget(child_number child);

  const supervisor_setup setup_;
  absl::btree_map<child_number, supervised> children_;          ///< in the order of their start
  absl::flat_hash_map<std::string_view, child_number> by_name_; ///< names lie in the children's specs
  std::vector<child_number> below_;                             ///< children that are supervisors
  bool stops_ = false;                                          ///< for good
  platform::nanoseconds grace_awaited_ns_ = 0;                  ///< when the earliest is over; 0: none
  platform::nanoseconds longest_grace_ns_ = 0;                  ///< of all children
  std::vector<std::unique_ptr<countdown>> countdowns_;          ///< some child may count them down still
  std::uint64_t last_countdown_ = 0;                            ///< its number
  platform::nanoseconds together_ends_ns_ = 0;                  ///< the grace of those; 0: none are to end
  child_group group_;
  struct open_failure {
    failure what;
    std::vector<std::string> given_up; ///< supervisors below, the innermost first
  };
  absl::flat_hash_map<child_number, open_failure> troubles_; ///< not got over yet; by child
  /// The failure; by child, until the parent acts.
  absl::flat_hash_map<child_number, std::uint64_t> given_up_;
  absl::flat_hash_map<child_number, backoff> pauses_; ///< before restarts; by child
  std::uint64_t drawn_ = 0;                           ///< random numbers for them
  restart_gate gate_;
  bool gate_awaited_ = false;
  struct open_change {
    change_children::kind what;
    std::vector<child_number> children; ///< that have not ended yet
    std::function<void(absl::Status)> done;
  };
  std::vector<open_change> changes_;
  bool was_opened_ = false;            ///< all its children have been started once
  std::vector<change_children> early_; ///< came before that
  struct consultation {
    failure what;
    chain_choice otherwise; ///< what the actor's own chain says
    bool waits = true;      ///< for an answer
  };
  consultation* open_consultation(const std::string& actor, std::uint64_t failure_id);
  absl::flat_hash_map<child_number, consultation> consultations_; ///< by child, until it is well
  unsigned unanswered_ = 0;                                       ///< since the coordinator's last answer
  platform::nanoseconds silent_until_ns_ = 0;                     ///< it is not asked again before
  std::uint64_t last_order_ = 0;
  std::uint64_t start_order_ = 0; ///< the parent's, to be answered
  std::uint64_t end_order_ = 0;   ///< likewise
  bool reopens_ = false;          ///< as soon as all have ended
  bool shut_down_ = false;        ///< of its own accord
  bool dropped_ = false;          ///< its parent does not bring it back by itself
};

} // namespace vesta
