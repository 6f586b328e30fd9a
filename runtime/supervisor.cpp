#include "vesta/runtime/supervisor.hpp"

#include "vesta/runtime/prelude.hpp"

namespace vesta {
namespace {

/// The grace of a child that should stop is over.
struct grace_over {
  std::string child;
};
VESTA_MESSAGE(grace_over);

/// The root's last word on a child of a supervisor below it.
struct isolate_child {
  std::uint64_t failure_id = 0;
  std::string child;
};
VESTA_MESSAGE(isolate_child);

} // namespace

supervisor::supervisor(caf::actor_config& config, supervisor_setup setup)
    : caf::event_based_actor(config), setup_(std::move(setup)), jitter_(setup_.seed, setup_.name, "jitter") {}

caf::behavior supervisor::make_behavior() {
  return {
      [this](const adopt& given) {
        children_ = given.children;
        for (const auto& child : children_)
          if (child.spec) tell(child.address, start_incarnation{});
      },
      [this](const failure& what) { on_failure(what); },
      [this](const recovered& what) {
        if (auto* child = child_named(what.actor)) child->position = {};
        if (setup_.listener) setup_.listener->on_recovered(what);
      },
      [this](const escalation& what) { on_escalation(what); },
      [this](const isolate_child& order) {
        if (auto* child = child_named(order.child))
          return tell(child->address, verdict{order.failure_id, remedy::isolate}, priority::urgent);
        for (const auto& child : children_)
          if (!child.spec) tell(child.address, order);
      },
      [this](restart_children) { restart_all(); },
      [this](stop_children) -> caf::result<void> {
        stopped_ = make_response_promise();
        stop_next();
        return stopped_;
      },
      [this](const actor_stopped_event& what) {
        if (auto* child = child_named(what.actor)) child->stopped = true;
        if (stopped_.pending()) stop_next();
      },
      [this](const grace_over& what) {
        auto* child = child_named(what.child);
        if (!child || child->stopped) return;
        child->stopped = true;
        if (stopped_.pending()) stop_next();
      },
  };
}

void supervisor::on_failure(const failure& what) {
  auto* child = child_named(what.actor);
  if (!child || child->stopped) return;
  if (child->spec->restart == restart_kind::temporary) return answer(*child, what, {remedy::stop, {}});
  const abilities able{child->spec->repeatable, child->spec->keeps_state};
  const auto choice = next_remedy(child->spec->chain, child->position, what, able, jitter_.unit());
  const bool too_often =
      choice.action == remedy::restart && !restarts_.allow(setup_.intensity, setup_.time->now());
  if (too_often || choice.action == remedy::escalate) return escalate(what);
  answer(*child, what, choice);
}

void supervisor::answer(const supervised& child, const failure& what, chain_choice choice) {
  if (setup_.listener) setup_.listener->on_failure(what, choice.action);
  const verdict order{what.id, choice.action};
  if (choice.pause.count() > 0)
    delayed_send<caf::message_priority::high>(child.address, choice.pause, order);
  else
    tell(child.address, order, priority::urgent);
}

void supervisor::escalate(const failure& what) {
  if (setup_.listener) setup_.listener->on_failure(what, remedy::escalate);
  if (setup_.parent) return tell(setup_.parent, escalation{what, setup_.name});
  if (auto* child = child_named(what.actor)) tell(child->address, verdict{what.id, remedy::isolate}, priority::urgent);
  if (setup_.listener) setup_.listener->on_escalated_to_root({what, setup_.name});
}

/// A supervisor below has restarted too often: all its children begin anew, unless that has happened too
/// often as well.
void supervisor::on_escalation(const escalation& what) {
  auto* below = child_named(what.supervisor);
  if (!below) return;
  if (restarts_.allow(setup_.intensity, setup_.time->now())) return tell(below->address, restart_children{});
  if (setup_.parent) return tell(setup_.parent, escalation{what.cause, setup_.name});
  tell(below->address, isolate_child{what.cause.id, what.cause.actor});
  if (setup_.listener) setup_.listener->on_escalated_to_root(what);
}

void supervisor::restart_all() {
  restarts_ = {};
  for (auto& child : children_) {
    child.position = {};
    if (child.spec)
      tell(child.address, verdict{0, remedy::restart}, priority::urgent);
    else
      tell(child.address, restart_children{});
  }
}

/// Stops the last child that has not stopped; answers when there is none left.
void supervisor::stop_next() {
  const auto next =
      std::find_if(children_.rbegin(), children_.rend(), [](const auto& child) { return !child.stopped; });
  if (next == children_.rend()) return stopped_.deliver(caf::unit);
  if (next->spec) {
    tell(next->address, stop_actor{});
    delayed_send(this, next->spec->shutdown_grace, grace_over{next->name});
  } else {
    const auto name = next->name;
    request(next->address, caf::infinite, stop_children{}).then([this, name] {
      child_named(name)->stopped = true;
      stop_next();
    });
  }
}

supervised* supervisor::child_named(const std::string& name) {
  const auto it = std::ranges::find(children_, name, &supervised::name);
  return it == children_.end() ? nullptr : &*it;
}

} // namespace vesta
