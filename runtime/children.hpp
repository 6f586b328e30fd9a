#pragma once

// The children of a supervisor at run time.

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <caf/actor.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "vesta/runtime/actor.hpp"
#include "vesta/runtime/child_group.hpp"

namespace vesta {

namespace detail {
void log_refusal(const absl::Status& how);
} // namespace detail

/// A change of a supervisor's children while it runs: Erlang/OTP's start_child, terminate_child,
/// restart_child and delete_child. Several are added one after the other, up to the first that is refused.
struct change_children {
  enum class kind : std::uint8_t {
    add,     ///< starts it, as the last child
    stop,    ///< ends it in good order. It stays away until it is restarted, by hand or with its group
    restart, ///< starts one that is away
    remove   ///< forgets an actor, which is stopped first if it is there. Its name is free again
  };
  kind what = kind::add;
  std::vector<std::shared_ptr<const actor_spec>> specs = {}; ///< to add
  std::vector<std::string> names = {};                       ///< for all else; unknown ones change nothing
  /// Called once, on the supervisor's thread, so it must not block: when the last of them is there to be
  /// found, has ended, has been told to start, or is forgotten; or with what was refused, in a sentence.
  /// By default what is refused goes to spdlog's default logger.
  std::function<void(absl::Status)> done = detail::log_refusal;
};
VESTA_LOCAL_MESSAGE(change_children);

/// From a handler: `self.send(self.supervisor("sessions"), add_children({spec_of<session>({...})}))`.
inline change_children add_children(std::vector<actor_spec> specs) {
  change_children order;
  for (auto& each : specs) order.specs.push_back(std::make_shared<const actor_spec>(std::move(each)));
  return order;
}

/// A child as its supervisor knows it.
struct child_info {
  std::string name;
  bool is_supervisor = false;
  /// `running` for one that failed and awaits its remedy, too.
  child_group::state state = child_group::state::away;
  bool parked = false; ///< isolated, or its standby is at work
};

/// Asks for a supervisor's children, in the order of their start.
struct list_children {
  std::function<void(std::vector<child_info>)> done; ///< as above
};
VESTA_LOCAL_MESSAGE(list_children);

/// A child as its supervisor keeps it: an actor, or a whole supervisor below.
struct supervised {
  std::shared_ptr<const actor_spec> spec; ///< null for a supervisor
  const supervisor_spec* below = nullptr; ///< null for an actor
  caf::actor address;
  bool added = false;      ///< at run time
  bool parked = false;     ///< isolated, or its standby is at work
  std::uint64_t order = 0; ///< the last one that it has to answer; answers to earlier ones come too late
  platform::nanoseconds grace_ends_ns = 0; ///< for its end; 0: it was not told to, or has

  const std::string& name() const { return spec ? spec->name : below->name; }
};

/// Where a supervisor gets further children, and who learns that they are gone. Any thread.
class actor_maker {
public:
  /// The actor is there to be found, and waits for its start. kAlreadyExists for a name that is taken,
  /// kInvalidArgument for a standby that is none, kUnavailable while the node stops.
  virtual absl::StatusOr<supervised> make(std::shared_ptr<const actor_spec> spec, const caf::actor& over) = 0;
  /// Nobody finds it any more; it has stopped.
  virtual void forget(const supervised& child) = 0;

protected:
  ~actor_maker() = default;
};

} // namespace vesta
