#include "vesta/runtime/supervisor.hpp"

#include <spdlog/spdlog.h>

#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

/// The grace of the child that should stop may be over.
struct grace_over {};
VESTA_MESSAGE(grace_over);

/// The root's last word on a child of a supervisor below it.
struct isolate_child {
  std::uint64_t failure_id = 0;
  std::string child;
};
VESTA_MESSAGE(isolate_child);

/// Where nobody listens, the log has to tell of what a host would otherwise find out by silence.
void log_loss(const failure& what, remedy chosen) {
  const auto told = fmt::format("{} failed on {}: {}", what.actor,
                                what.message.empty() ? "no message" : what.message, what.text);
  if (chosen == remedy::isolate)
    spdlog::log(
        spdlog::level::err,
        fmt::format("{}. It is isolated: requests get actor_isolated, other messages wait. Once the cause "
                    "is gone, call node.release(\"{}\")",
                    told, what.actor));
  else if (chosen == remedy::set_aside)
    spdlog::log(spdlog::level::warn, told + ". That message is set aside, the actor goes on");
}

} // namespace

supervisor::supervisor(caf::actor_config& config, supervisor_setup setup)
    : caf::event_based_actor(config), setup_(std::move(setup)), jitter_(setup_.seed, setup_.name, "jitter") {}

caf::behavior supervisor::make_behavior() {
  return {
      [this](const adopt& given) {
        children_ = given.children;
        not_stopped_ = children_.size();
        for (std::size_t i = 0; i < children_.size(); ++i) by_name_.emplace(children_[i].name, i);
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
      [this](grace_over) { on_grace_over(); },
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
  announce(what, choice.action);
  const verdict order{what.id, choice.action};
  if (choice.pause.count() > 0)
    delayed_send<caf::message_priority::high>(child.address, choice.pause, order);
  else
    tell(child.address, order, priority::urgent);
}

void supervisor::escalate(const failure& what) {
  announce(what, remedy::escalate);
  if (setup_.parent) return tell(setup_.parent, escalation{what, setup_.name});
  if (auto* child = child_named(what.actor))
    tell(child->address, verdict{what.id, remedy::isolate}, priority::urgent);
  announce_root({what, setup_.name});
}

/// A supervisor below has restarted too often: all its children begin anew, unless that has happened too
/// often as well.
void supervisor::on_escalation(const escalation& what) {
  auto* below = child_named(what.supervisor);
  if (!below) return;
  if (restarts_.allow(setup_.intensity, setup_.time->now())) return tell(below->address, restart_children{});
  if (setup_.parent) return tell(setup_.parent, escalation{what.cause, setup_.name});
  tell(below->address, isolate_child{what.cause.id, what.cause.actor});
  announce_root(what);
}

void supervisor::announce(const failure& what, remedy chosen) const {
  setup_.listener ? setup_.listener->on_failure(what, chosen) : log_loss(what, chosen);
}

/// The root knows no other cure than to isolate the actor.
void supervisor::announce_root(const escalation& what) const {
  setup_.listener ? setup_.listener->on_escalated_to_root(what) : log_loss(what.cause, remedy::isolate);
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
  while (not_stopped_ > 0 && children_[not_stopped_ - 1].stopped) --not_stopped_;
  if (not_stopped_ == 0) return stopped_.deliver(caf::unit);
  auto& next = children_[not_stopped_ - 1];
  if (next.spec) {
    tell(next.address, stop_actor{});
    grace_ends_ns_ = setup_.time->now() + next.spec->shutdown_grace.count();
    await_grace();
  } else {
    request(next.address, caf::infinite, stop_children{}).then([this, &next] {
      next.stopped = true;
      stop_next();
    });
  }
}

/// One timer for all the children, which stop one after the other and mostly at once.
void supervisor::await_grace() {
  if (std::exchange(grace_awaited_, true)) return;
  delayed_send(this, std::chrono::nanoseconds(std::max<std::int64_t>(grace_ends_ns_ - setup_.time->now(), 1)),
               grace_over{});
}

void supervisor::on_grace_over() {
  grace_awaited_ = false;
  if (!stopped_.pending() || !children_[not_stopped_ - 1].spec) return;
  if (setup_.time->now() < grace_ends_ns_) return await_grace();
  children_[not_stopped_ - 1].stopped = true;
  stop_next();
}

supervised* supervisor::child_named(const std::string& name) {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : &children_[it->second];
}

} // namespace vesta
