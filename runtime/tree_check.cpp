#include "vesta/runtime/tree_check.hpp"

#include <absl/container/flat_hash_map.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace vesta {
namespace {

template <class... Arguments>
absl::Status contradiction(fmt::string_view text, const Arguments&... arguments) {
  return absl::InvalidArgumentError(fmt::vformat(text, fmt::make_format_args(arguments...)));
}

/// OTP refuses the same two.
template <class Spec>
absl::Status check_significance(const Spec& spec, const char* what, const supervisor_spec& parent) {
  if (!spec.significant) return absl::OkStatus();
  if (spec.restart == restart_kind::permanent)
    return contradiction("{} \"{}\" is significant and permanent, so it always comes back and never shuts "
                         "\"{}\" down; make it transient or temporary",
                         what, spec.name, parent.name);
  if (parent.shutdown == auto_shutdown::never)
    return contradiction("{} \"{}\" is significant, but supervisor \"{}\" never shuts itself down; give that "
                         "an auto_shutdown",
                         what, spec.name, parent.name);
  return absl::OkStatus();
}

absl::Status check_restarts(const supervisor_spec& spec) {
  if (spec.intensity.period.count() < 0)
    return contradiction("supervisor \"{}\" counts restarts over a negative period; say 0 or more",
                         spec.name);
  if (!(spec.restarts_at_once > 0 && spec.restarts_at_once <= 1))
    return contradiction(
        "supervisor \"{}\" lets a share of {} restart at once; say a share above 0 and up to 1", spec.name,
        spec.restarts_at_once);
  if (spec.restarts_at_once < 1 &&
      (spec.rule == group_rule::one_for_all || spec.rule == group_rule::rest_for_one))
    return contradiction(
        "supervisor \"{}\" restarts its children together, so none can wait for others; leave "
        "restarts_at_once at 1",
        spec.name);
  if (spec.rule == group_rule::simple_one_for_one && !spec.supervisors.empty())
    return contradiction(
        "supervisor \"{}\" is simple_one_for_one and has supervisors below; give them to another", spec.name);
  if (!spec.restart_pause) return absl::OkStatus();
  const auto status = check(*spec.restart_pause);
  return status.ok() ? status
                     : contradiction("supervisor \"{}\": {}", spec.name, std::string(status.message()));
}

class tree_checker {
public:
  absl::Status check(const supervisor_spec& spec) {
    if (auto status = add_name(spec.name, nullptr); !status.ok()) return status;
    if (auto status = check_restarts(spec); !status.ok()) return status;
    by_name_.reserve(by_name_.size() + spec.actors.size());
    for (const auto& actor : spec.actors) {
      if (auto status = add_name(actor.name, &actor); !status.ok()) return status;
      if (auto status = check_child(actor, spec); !status.ok()) return status;
      if (!actor.standby.empty()) standbys_.push_back(&actor);
    }
    for (const auto& below : spec.supervisors) {
      if (auto status = check(below); !status.ok()) return status;
      if (auto status = check_significance(below, "supervisor", spec); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  /// Once the whole tree is known.
  absl::Status check_standbys() const {
    for (const auto* spec : standbys_) {
      const auto* standby = actor(spec->standby);
      if (!standby || standby == spec)
        return contradiction("actor \"{}\" names \"{}\" as its standby; name another actor of this node",
                             spec->name, spec->standby);
      if (standby->interface != spec->interface)
        return contradiction("actor \"{}\" and its standby \"{}\" have different interfaces", spec->name,
                             spec->standby);
      for (std::size_t steps = 0; standby && steps < standbys_.size(); ++steps) {
        if (standby == spec)
          return contradiction("the standbys of actor \"{}\" lead back to it; let one of them have none",
                               spec->name);
        standby = actor(standby->standby);
      }
    }
    return absl::OkStatus();
  }

private:
  /// `actor` is null for a supervisor.
  absl::Status add_name(const std::string& name, const actor_spec* actor) {
    if (name.empty())
      return contradiction("{} has no name; names are how they are found",
                           actor ? "an actor" : "a supervisor");
    if (!by_name_.emplace(name, actor).second)
      return contradiction("two actors or supervisors are named \"{}\"; names are unique in a node", name);
    return absl::OkStatus();
  }

  /// Null when there is none of that name.
  const actor_spec* actor(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }

  absl::flat_hash_map<std::string_view, const actor_spec*> by_name_; ///< the names are the tree's
  std::vector<const actor_spec*> standbys_;                          ///< actors that name one
};

std::uint64_t lives(const supervisor_spec& tree) {
  std::uint64_t below = 1;
  for (const auto& each : tree.supervisors) below = std::max(below, lives(each));
  const auto mine = std::uint64_t{tree.intensity.count} + 1;
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  return below > most / mine ? most : below * mine;
}

} // namespace

absl::Status check_child(const actor_spec& spec, const supervisor_spec& parent) {
  if (!spec.make)
    return contradiction("actor \"{}\" has no class; make its spec with spec_of<...>", spec.name);
  if (spec.where.core < 0 || spec.where.core > placement::core_max)
    return contradiction("actor \"{}\" is to run on core {}; name one of 0 to {}", spec.name, spec.where.core,
                         placement::core_max);
  if (spec.checkpoint_every == 0)
    return contradiction("actor \"{}\" is to be checkpointed every 0 messages; say 1 or more", spec.name);
  if (spec.checkpoint_interval.count() < 0)
    return contradiction("actor \"{}\" has a negative checkpoint_interval; say 0 or more", spec.name);
  if (spec.on_disk && !spec.keeps_state)
    return contradiction(
        "actor \"{}\" is to keep its state on disk, but its class has no public member `state`", spec.name);
  if (spec.inbox_limit == 0)
    return contradiction("actor \"{}\" has an inbox for 0 messages; say 1 or more", spec.name);
  if (spec.shutdown_grace.count() < 0)
    return contradiction("actor \"{}\" has a negative shutdown_grace; say 0 or more", spec.name);
  if (!(spec.least_load > 0 && spec.least_load <= 1))
    return contradiction("actor \"{}\" has a least_load of {}; say a share above 0 and up to 1", spec.name,
                         spec.least_load);
  if ((spec.least_load < 1 || !spec.features.empty()) && !spec.adapts)
    return contradiction("actor \"{}\" is to be scaled down or degraded, but its class has no method "
                         "`void adapt(const service_level&)`",
                         spec.name);
  if (spec.handler_deadline.count() < 0)
    return contradiction("actor \"{}\" has a negative handler_deadline; say 0 or more", spec.name);
  for (std::size_t i = 0; i < spec.policies.size(); ++i) {
    const auto& [name, how] = spec.policies[i];
    if (name.empty())
      return contradiction("a policy of actor \"{}\" has no name; a call names one", spec.name);
    if (const auto status = check(how); !status.ok())
      return contradiction("policy \"{}\" of actor \"{}\": {}", name, spec.name,
                           std::string(status.message()));
    if (std::ranges::count(spec.policies, name, &named_policy::name) > 1)
      return contradiction("actor \"{}\" has two policies named \"{}\"; a call names one", spec.name, name);
  }
  for (const auto& step : spec.chain) {
    if (step.pause.count() < 0)
      return contradiction("a step of actor \"{}\"'s chain has a negative pause; say 0 or more", spec.name);
    if (step.times == 0)
      return contradiction("a step of actor \"{}\"'s chain is to be tried 0 times; leave it out", spec.name);
  }
  return check_significance(spec, "actor", parent);
}

absl::Status check_tree(const supervisor_spec& tree) {
  tree_checker checker;
  const auto status = checker.check(tree);
  return status.ok() ? checker.check_standbys() : status;
}

std::uint64_t worst_case_restarts(const supervisor_spec& tree) { return lives(tree) - 1; }

} // namespace vesta
