#include "vesta/runtime/supervisor.hpp"

#include <spdlog/spdlog.h>

#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

/// The grace of the child that should stop may be over.
struct grace_over {};
VESTA_MESSAGE(grace_over);

/// The root's last word on an actor of a supervisor below it: it is isolated, and the others go on.
struct leave_out_child {
  std::uint64_t failure_id = 0;
  std::string actor;
};
VESTA_MESSAGE(leave_out_child);

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
    : caf::event_based_actor(config), setup_(std::move(setup)),
      group_(setup_.spec->rule, setup_.spec->shutdown, setup_.spec->intensity),
      jitter_(setup_.seed, setup_.spec->name, "jitter") {}

caf::behavior supervisor::make_behavior() {
  return {
      [this](const adopt& given) { adopt_children(given.children); },
      [this](const start_children& order) {
        start_order_ = order.order;
        reopens_ = true;
        group_.close();
        obey_group();
      },
      [this](const end_children& order) { end_all(order); },
      [this](const failure& what) { on_failure(what); },
      [this](const recovered& what) {
        if (auto* child = child_named(what.actor)) child->position = {};
        if (setup_.listener) setup_.listener->on_recovered(what);
      },
      [this](const escalation& what) { on_escalation(what); },
      [this](const incarnation_started& what) { on_started(what.actor, what.order); },
      [this](const children_started& what) { on_started(what.supervisor, what.order); },
      [this](const incarnation_ended& what) {
        on_ended(what.actor, what.order, what.order ? end_reason::shutdown : end_reason::normal);
      },
      [this](const children_ended& what) { on_ended(what.supervisor, what.order, end_reason::shutdown); },
      [this](const leave_out_child& order) { leave_out(order.failure_id, order.actor); },
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

void supervisor::adopt_children(const std::vector<supervised>& children) {
  children_ = children;
  not_stopped_ = children_.size();
  for (std::size_t i = 0; i < children_.size(); ++i) by_name_.emplace(children_[i].name, i);
  for (const auto& actor : setup_.spec->actors) group_.add(actor.restart, actor.significant);
  for (const auto& below : setup_.spec->supervisors) group_.add(below.restart, below.significant);
}

// what happens to children

void supervisor::on_failure(const failure& what) {
  auto* child = child_named(what.actor);
  if (!child || child->stopped) return;
  const auto& spec = *child->spec;
  const abilities able{spec.repeatable, spec.keeps_state};
  const auto choice = spec.restart == restart_kind::temporary
                          ? chain_choice{remedy::stop, {}}
                          : next_remedy(spec.chain, child->position, what, able, jitter_.unit());
  if (choice.action != remedy::restart && choice.action != remedy::escalate && choice.action != remedy::stop)
    return answer(*child, what, choice);
  const auto index = static_cast<std::size_t>(child - children_.data());
  troubles_[index] = {what, choice.pause};
  if (choice.action == remedy::escalate) return give_up(index);
  group_.ended(index, end_reason::failed, setup_.time->now());
  obey_group();
}

/// A supervisor below has restarted too often. For OTP it has shut down.
void supervisor::on_escalation(const escalation& what) {
  const auto* below = child_named(what.supervisor);
  if (!below || below->stopped) return;
  const auto index = static_cast<std::size_t>(below - children_.data());
  troubles_[index] = {what.cause};
  group_.ended(index, end_reason::shutdown, setup_.time->now());
  obey_group();
}

void supervisor::on_ended(const std::string& name, std::uint64_t order, end_reason why) {
  const auto* child = child_named(name);
  if (!child || child->stopped || (order != 0 && order != child->order)) return;
  group_.ended(static_cast<std::size_t>(child - children_.data()), why, setup_.time->now());
  obey_group();
}

void supervisor::on_started(const std::string& name, std::uint64_t order) {
  const auto* child = child_named(name);
  if (!child || order != child->order) return;
  group_.started(static_cast<std::size_t>(child - children_.data()));
  obey_group();
}

// what the group says

void supervisor::obey_group() {
  for (auto orders = group_.take_orders(); !orders.empty(); orders = group_.take_orders())
    for (const auto& order : orders)
      if (!stopped_.pending()) obey(order);
}

void supervisor::obey(const group_order& order) {
  switch (order.what) {
  case group_order::kind::start:
    return start(order.child);
  case group_order::kind::end:
    return end(order.child);
  case group_order::kind::drop:
    return drop(order.child);
  case group_order::kind::give_up:
    return give_up(order.child);
  case group_order::kind::opened:
    if (setup_.parent) tell(setup_.parent, children_started{setup_.spec->name, start_order_});
    return;
  case group_order::kind::closed:
    return group_closed();
  }
}

/// Under one_for_one nobody waits for it, and one that has failed begins anew by a verdict, after its pause.
void supervisor::start(std::size_t index) {
  auto& child = children_[index];
  const bool alone = setup_.spec->rule == group_rule::one_for_one;
  const auto found = troubles_.find(index);
  const auto trouble = found == troubles_.end() ? nullptr : &found->second;
  child.order = ++last_order_;
  if (!child.spec) {
    tell(child.address, start_children{child.order});
  } else if (trouble && alone) {
    answer(child, trouble->what, {remedy::restart, trouble->pause});
  } else {
    if (trouble) announce(trouble->what, remedy::restart);
    tell(child.address, start_incarnation{child.order, !alone}, priority::urgent);
  }
  if (trouble) troubles_.erase(found);
  if (alone) group_.started(index);
}

void supervisor::end(std::size_t index) {
  auto& child = children_[index];
  child.order = ++last_order_;
  if (!child.spec) return tell(child.address, end_children{child.order, true});
  tell(child.address, end_incarnation{child.order, true}, priority::urgent);
  ending_ = index;
  grace_ends_ns_ = setup_.time->now() + child.spec->shutdown_grace.count();
  await_grace();
}

void supervisor::drop(std::size_t index) {
  auto& child = children_[index];
  if (const auto found = troubles_.find(index); found != troubles_.end()) {
    announce(found->second.what, remedy::stop);
    troubles_.erase(found);
  }
  if (child.spec)
    tell(child.address, end_incarnation{}, priority::urgent);
  else
    tell(child.address, end_children{});
}

/// The parent restarts this whole group. The root knows no other cure than to isolate the actor.
void supervisor::give_up(std::size_t index) {
  const auto& child = children_[index];
  const auto cause = troubles_.contains(index)
                         ? troubles_[index].what
                         : failure{.actor = child.name, .text = "it ended of its own accord, too often"};
  troubles_.erase(index);
  if (child.spec) announce(cause, remedy::escalate);
  if (setup_.parent) return tell(setup_.parent, escalation{cause, setup_.spec->name});
  if (child.spec)
    tell(child.address, verdict{cause.id, remedy::isolate}, priority::urgent);
  else
    tell(child.address, leave_out_child{cause.id, cause.actor});
  announce_root({cause, child.spec ? setup_.spec->name : child.name});
  group_.left_out(index);
  obey_group();
}

void supervisor::leave_out(std::uint64_t failure_id, const std::string& actor) {
  for (std::size_t i = 0; i < children_.size(); ++i) {
    if (children_[i].name == actor)
      tell(children_[i].address, verdict{failure_id, remedy::isolate}, priority::urgent);
    else if (!children_[i].spec)
      tell(children_[i].address, leave_out_child{failure_id, actor});
    else
      continue;
    group_.left_out(i);
  }
  obey_group();
}

void supervisor::end_all(const end_children& order) {
  reopens_ = false;
  if (!order.come_back)
    for (std::size_t i = children_.size(); i-- > 0;) drop(i);
  if (order.order == 0) return;
  end_order_ = order.order;
  group_.close();
  obey_group();
}

void supervisor::group_closed() {
  troubles_.clear();
  if (std::exchange(reopens_, false)) {
    for (auto& child : children_) child.position = {};
    return group_.open();
  }
  if (setup_.parent)
    return tell(setup_.parent, children_ended{setup_.spec->name, std::exchange(end_order_, 0)});
  spdlog::log(spdlog::level::warn,
              setup_.spec->name + " has shut itself down: a significant actor has ended");
  for (std::size_t i = children_.size(); i-- > 0;) drop(i);
}

void supervisor::answer(const supervised& child, const failure& what, chain_choice choice) {
  announce(what, choice.action);
  const verdict order{what.id, choice.action};
  if (choice.pause.count() > 0)
    delayed_send<caf::message_priority::high>(child.address, choice.pause, order);
  else
    tell(child.address, order, priority::urgent);
}

void supervisor::announce(const failure& what, remedy chosen) const {
  setup_.listener ? setup_.listener->on_failure(what, chosen) : log_loss(what, chosen);
}

void supervisor::announce_root(const escalation& what) const {
  setup_.listener ? setup_.listener->on_escalated_to_root(what) : log_loss(what.cause, remedy::isolate);
}

// the end of all

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
  if (stopped_.pending()) {
    if (!children_[not_stopped_ - 1].spec) return;
    if (setup_.time->now() < grace_ends_ns_) return await_grace();
    children_[not_stopped_ - 1].stopped = true;
    return stop_next();
  }
  if (!group_.is_ending(ending_)) return;
  if (setup_.time->now() < grace_ends_ns_) return await_grace();
  // It ends when its handler returns, and only then begins anew: both orders wait for it.
  group_.ended(ending_, end_reason::shutdown, setup_.time->now());
  obey_group();
}

supervised* supervisor::child_named(const std::string& name) {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : &children_[it->second];
}

} // namespace vesta
