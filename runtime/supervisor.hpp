#pragma once

#include <absl/container/flat_hash_map.h>
#include <caf/event_based_actor.hpp>

#include <string>
#include <vector>

#include "vesta/platform/random.hpp"
#include "vesta/runtime/actor.hpp"
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
  chain_position position = {};
  bool stopped = false;
};

struct supervisor_setup {
  std::string name;
  restart_intensity intensity;
  const platform::clock* time = nullptr;
  supervision_listener* listener = nullptr;
  caf::actor parent; ///< invalid for the root
  std::uint64_t seed = 0;
};

/// Gives a supervisor its children, in the order of their start, and starts them. Sent once.
struct adopt {
  std::vector<supervised> children;
};

/// Restarts every child: what a parent orders when this supervisor's intensity was used up.
struct restart_children {};
VESTA_MESSAGE(restart_children);

/// Stops the children one after the other, the last started first, each within its grace; then answers.
struct stop_children {};
VESTA_MESSAGE(stop_children);

/// Decides what becomes of a child that failed: the next step of its recovery chain, or, when it has
/// restarted children more often than its intensity allows, an escalation to its parent. It never fails with
/// them: it holds no state but counters. One supervisor, one_for_one: a child's failure touches no sibling
/// until the parent restarts the group.
class supervisor final : public caf::event_based_actor {
public:
  supervisor(caf::actor_config& config, supervisor_setup setup);
  const char* name() const override { return setup_.name.c_str(); }

private:
  caf::behavior make_behavior() override;
  /// Children and supervisors hold each other's addresses; this is where the circle ends.
  void on_exit() override {
    by_name_.clear();
    children_.clear();
  }
  void on_failure(const failure& what);
  void on_escalation(const escalation& what);
  void restart_all();
  void escalate(const failure& what);
  void announce(const failure& what, remedy chosen) const;
  void announce_root(const escalation& what) const;
  void answer(const supervised& child, const failure& what, chain_choice choice);
  void stop_next();
  void await_grace();
  void on_grace_over();
  supervised* child_named(const std::string& name);

  const supervisor_setup setup_;
  std::vector<supervised> children_;                           ///< as adopted, once for all
  absl::flat_hash_map<std::string_view, std::size_t> by_name_; ///< into children_
  std::size_t not_stopped_ = 0;                                ///< all from here on have stopped
  bool grace_awaited_ = false;
  platform::nanoseconds grace_ends_ns_ = 0; ///< of the child that should stop at the moment
  restart_history restarts_;
  platform::random_stream jitter_;
  caf::response_promise stopped_;
};

} // namespace vesta

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vesta::adopt)
