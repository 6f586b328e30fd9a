#pragma once

#include <absl/container/flat_hash_map.h>
#include <atomic>
#include <string>
#include <vector>

#include "vesta/messages/recovery.hpp"
#include "vesta/runtime/actor.hpp"
#include "vesta/runtime/child_group.hpp"
#include "vesta/runtime/directory.hpp"
#include "vesta/runtime/inbox_actor.hpp"
#include "vesta/runtime/recovery_chain.hpp"

namespace vesta {

/// Hears every decision of a supervision tree, on the deciding supervisor's thread; must not block.
class supervision_listener {
public:
  virtual ~supervision_listener() = default;
  virtual void on_failure(const failure& what, remedy chosen) = 0;
  virtual void on_recovered(const recovered& what) = 0;
  /// Nobody below could cure it. The world goes on; what changes code should pause.
  virtual void on_escalated_to_root(const escalation& what) = 0;
};

/// A child as its supervisor sees it: an actor, or a whole supervisor below.
struct supervised {
  const actor_spec* spec = nullptr; ///< null for a supervisor
  std::string name;
  caf::actor address;
  std::uint64_t order = 0; ///< the last one that it has to answer; answers to earlier ones come too late
  bool stopped = false;
};

struct supervisor_setup {
  const supervisor_spec* spec = nullptr;
  const platform::clock* time = nullptr;
  const directory* peers = nullptr; ///< where the error coordinator is found
  supervision_listener* listener = nullptr;
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

/// Stops the children one after the other, the last started first, each within its grace; answered with
/// `children_stopped`.
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

/// The grace of the child that should stop may be over.
struct grace_over {};
VESTA_MESSAGE(grace_over);

/// The error coordinator has had its time.
struct consultation_over {
  std::uint64_t failure_id = 0;
  std::string actor;
};
VESTA_MESSAGE(consultation_over);

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
  void receive(envelope_ptr what) override;
  bool always_takes(envelope&) override { return true; }
  void refuse_at_door(envelope_ptr) override {}
  /// Children and supervisors hold each other's addresses; this is where the circle ends.
  void ended() override {
    by_name_.clear();
    children_.clear();
  }

  void on(const start_children& order);
  void on(const end_children& order);
  void on(const child_failed& report);
  void on(const recovered& what);
  void on(const escalation& what);
  void on(const incarnation_started& what) { on_started(what.actor, what.order); }
  void on(const children_started& what) { on_started(what.supervisor, what.order); }
  void on(const incarnation_ended& what);
  void on(const children_ended& what) { on_ended(what.supervisor, what.order, end_reason::shutdown); }
  void on(const leave_out_child&);
  void on(const stop_children&);
  void on(const actor_stopped_event& what) { on_stopped(what.actor); }
  void on(const children_stopped& what) { on_stopped(what.supervisor); }
  void on(const grace_over&);
  void on(const recovery_step& step);
  void on(const consultation_over& what);
  template <class... Messages>
  bool dispatch(envelope& what);

  void on_ended(const std::string& name, std::uint64_t order, end_reason why);
  void on_started(const std::string& name, std::uint64_t order);
  void on_stopped(const std::string& name);
  const directory::entry* coordinator() const;
  bool consult(std::size_t index, const failure& what, chain_choice otherwise);
  void carry_out(std::size_t index, const failure& what, chain_choice choice);
  void obey_group();
  void obey(const group_order& order);
  void start(std::size_t index);
  void end(std::size_t index);
  void drop(std::size_t index);
  void drop_all();
  void give_up(std::size_t index);
  void leave_out(std::size_t index);
  void group_closed();
  void announce(const failure& what, remedy chosen) const;
  void announce_root(const escalation& what) const;
  void answer(const supervised& child, const failure& what, chain_choice choice);
  void stop_next();
  void all_stopped();
  void await_grace();
  std::size_t index_of(const supervised& child) const {
    return static_cast<std::size_t>(&child - children_.data());
  }
  supervised* child_named(const std::string& name);

  const supervisor_setup setup_;
  std::vector<supervised> children_;                           ///< as adopted, once for all
  absl::flat_hash_map<std::string_view, std::size_t> by_name_; ///< into children_
  std::size_t not_stopped_ = 0;                                ///< all from here on have stopped
  bool stops_ = false;                                         ///< for good
  bool grace_awaited_ = false;
  platform::nanoseconds grace_ends_ns_ = 0; ///< of the child that should stop at the moment
  std::size_t ending_ = 0;                  ///< the child that was told to end last
  child_group group_;
  struct open_failure {
    failure what;
    std::chrono::nanoseconds pause{0}; ///< before the restart
    std::vector<std::string> given_up; ///< supervisors below, the innermost first
  };
  absl::flat_hash_map<std::size_t, open_failure> troubles_;  ///< not got over yet; by child
  absl::flat_hash_map<std::size_t, std::uint64_t> given_up_; ///< the failure; by child, until the parent acts
  struct consultation {
    failure what;
    chain_choice otherwise; ///< what the actor's own chain says
    bool waits = true;      ///< for an answer
  };
  consultation* open_consultation(const std::string& actor, std::uint64_t failure_id);
  absl::flat_hash_map<std::size_t, consultation> consultations_; ///< by child, until it is well
  unsigned unanswered_ = 0;                                      ///< since the coordinator's last answer
  platform::nanoseconds silent_until_ns_ = 0;                    ///< it is not asked again before
  std::uint64_t last_order_ = 0;
  std::uint64_t start_order_ = 0; ///< the parent's, to be answered
  std::uint64_t end_order_ = 0;   ///< likewise
  bool reopens_ = false;          ///< as soon as all have ended
  bool shut_down_ = false;        ///< of its own accord
  bool dropped_ = false;          ///< its parent does not bring it back by itself
};

} // namespace vesta
