#include "vesta/runtime/supervisor.hpp"

#include <cmath>
#include <spdlog/spdlog.h>

#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

/// The error coordinator's time for an answer; and how long one that gave none so often is left in peace.
constexpr std::chrono::nanoseconds consultation_limit = std::chrono::milliseconds(20);
constexpr unsigned consultations_in_vain = 3;
constexpr std::chrono::nanoseconds consultation_pause = std::chrono::seconds(1);

/// Where nobody listens, the log has to tell of what a host would otherwise find out by silence.
void log_loss(const failure& what, remedy chosen) {
  const auto told = what_happened(what);
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
    : inbox_actor(config), setup_(std::move(setup)),
      group_(setup_.spec->rule, setup_.spec->shutdown, setup_.spec->intensity) {
  inbox_limit(inbox::largest_limit + 1);
}

void supervisor::adopt(std::vector<supervised> children) {
  children_ = std::move(children);
  not_stopped_ = children_.size();
  for (std::size_t i = 0; i < children_.size(); ++i) by_name_.emplace(children_[i].name, i);
  for (const auto& actor : setup_.spec->actors) group_.add(actor.restart, actor.significant);
  for (const auto& below : setup_.spec->supervisors) group_.add(below.restart, below.significant);
}

template <class... Messages>
bool supervisor::dispatch(envelope& what) {
  const auto run = [this](const auto* message) {
    if (message) on(*message);
    return message != nullptr;
  };
  return (run(what.as<Messages>()) || ...);
}

void supervisor::receive(envelope_ptr what) {
  const bool known =
      dispatch<child_failed, recovered, incarnation_started, incarnation_ended, actor_stopped_event,
               grace_over, escalation, start_children, children_started, end_children, children_ended,
               leave_out_child, stop_children, children_stopped, recovery_step, consultation_over>(*what);
  if (!known) what->decline(error_code::unexpected_message);
}

// what happens to children

void supervisor::on(const child_failed& report) {
  const auto* child = child_named(report.what.actor);
  if (!child || child->stopped) return;
  const auto& [what, choice] = report;
  if (choice.on_the_spot) return announce(what, choice.action);
  // Of a temporary actor, and of a handler that does not return, there is nothing to be asked.
  const bool certain = choice.action == remedy::stop || what.code == error_code::handler_stuck;
  if (certain || !consult(index_of(*child), what, choice)) carry_out(index_of(*child), what, choice);
}

const directory::entry* supervisor::coordinator() const {
  const auto* found = setup_.spec->asks_coordinator ? setup_.peers->find("error_coordinator") : nullptr;
  return found && found->interface == typeid(error_coordinator_actor) ? found : nullptr;
}

/// False when there is nobody to ask.
bool supervisor::consult(std::size_t index, const failure& what, chain_choice otherwise) {
  const auto* who = coordinator();
  if (!who || setup_.time->now() < silent_until_ns_) return false;
  const auto& child = children_[index];
  recovery_case asked{
      .cause = what, .patient = child.address, .supervisor = caf::actor_cast<caf::actor>(this)};
  const auto able = abilities_of(*child.spec);
  asked.load_steps =
      able.scales ? static_cast<std::uint32_t>(std::ceil(-std::log2(child.spec->least_load))) : 0;
  asked.features = static_cast<std::uint32_t>(child.spec->features.size());
  for (std::size_t i = 0; i < remedy_count; ++i)
    if (const auto each = static_cast<remedy>(i); can_help(each, what, able)) asked.able.add(each);
  if (const auto known = consultations_.find(index); known != consultations_.end())
    asked.previous = known->second.what.id;
  consultations_[index] = {what, otherwise};
  tell(who->address, std::move(asked));
  detail::deliver_later(system().clock(), consultation_limit.count(), ctrl(),
                        seal(consultation_over{what.id, what.actor}));
  return true;
}

/// Null when no answer to that failure is waited for.
supervisor::consultation* supervisor::open_consultation(const std::string& actor, std::uint64_t failure_id) {
  const auto* child = child_named(actor);
  const auto found = child ? consultations_.find(index_of(*child)) : consultations_.end();
  const bool open =
      found != consultations_.end() && found->second.waits && found->second.what.id == failure_id;
  return open ? &found->second : nullptr;
}

void supervisor::on(const recovery_step& step) {
  auto* open = open_consultation(step.actor, step.failure_id);
  if (!open) return;
  open->waits = false;
  if (step.decided) unanswered_ = 0;
  const auto choice = step.decided ? chain_choice{step.action, step.pause} : open->otherwise;
  carry_out(index_of(*child_named(step.actor)), failure{open->what}, choice);
}

void supervisor::on(const consultation_over& what) {
  if (!open_consultation(what.actor, what.failure_id)) return;
  if (++unanswered_ >= consultations_in_vain)
    silent_until_ns_ = setup_.time->now() + consultation_pause.count();
  on(recovery_step{.failure_id = what.failure_id, .actor = what.actor, .decided = false});
}

void supervisor::carry_out(std::size_t index, const failure& what, chain_choice choice) {
  if (choice.action != remedy::restart && choice.action != remedy::escalate &&
      choice.action != remedy::stop) {
    answer(children_[index], what, choice);
    if (choice.action != remedy::isolate && choice.action != remedy::fallback) return;
    group_.started(index); // one whose start failed is there, parked
    return obey_group();
  }
  troubles_[index] = {what, choice.pause};
  if (choice.action == remedy::escalate) return give_up(index);
  group_.ended(index, end_reason::failed, setup_.time->now());
  obey_group();
}

void supervisor::on(const recovered& what) {
  if (auto* child = child_named(what.actor)) {
    if (const auto found = consultations_.find(index_of(*child)); found != consultations_.end()) {
      if (const auto* who = coordinator())
        tell(who->address, recovery_outcome{found->second.what.id, what.actor, what.by});
      consultations_.erase(found);
    }
  }
  if (setup_.listener) setup_.listener->on_recovered(what);
}

/// A supervisor below has restarted too often. For OTP it has shut down.
void supervisor::on(const escalation& what) {
  const auto* below = child_named(what.supervisor);
  if (!below || below->stopped) return;
  const auto index = index_of(*below);
  troubles_[index] = {what.cause};
  group_.ended(index, end_reason::shutdown, setup_.time->now());
  obey_group();
}

void supervisor::on(const incarnation_ended& what) {
  on_ended(what.actor, what.order, what.order ? end_reason::shutdown : end_reason::normal);
}

void supervisor::on_ended(const std::string& name, std::uint64_t order, end_reason why) {
  const auto* child = child_named(name);
  if (!child || child->stopped || (order != 0 && order != child->order)) return;
  group_.ended(index_of(*child), why, setup_.time->now());
  obey_group();
}

void supervisor::on_started(const std::string& name, std::uint64_t order) {
  const auto* child = child_named(name);
  if (!child || order != child->order) return;
  group_.started(index_of(*child));
  obey_group();
}

// what its parent says

void supervisor::on(const start_children& order) {
  start_order_ = order.order;
  end_order_ = 0; // whoever says start waits for no end any more
  reopens_ = true;
  shut_down_ = dropped_ = false;
  group_.close();
  obey_group();
}

void supervisor::on(const end_children& order) {
  reopens_ = false;
  dropped_ = !order.come_back;
  if (dropped_) drop_all();
  if (order.order != 0) end_order_ = order.order; // one that came before is answered all the same
  group_.close();
  obey_group();
}

void supervisor::on(const leave_out_child&) {
  if (shut_down_) return drop_all();
  for (std::size_t i = 0; i < children_.size(); ++i) {
    if (children_[i].spec && !given_up_.contains(i)) continue;
    leave_out(i);
    group_.left_out(i);
  }
  obey_group();
}

// what the group says

void supervisor::obey_group() {
  for (auto orders = group_.take_orders(); !orders.empty(); orders = group_.take_orders())
    for (const auto& order : orders)
      if (!stops_) obey(order);
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
  given_up_.erase(index);
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
  consultations_.erase(index);
  auto& child = children_[index];
  child.order = ++last_order_;
  if (!child.spec) return tell(child.address, end_children{child.order, true});
  tell(child.address, end_incarnation{child.order, true}, priority::urgent);
  ending_ = index;
  grace_ends_ns_ = setup_.time->now() + child.spec->shutdown_grace.count();
  await_grace();
}

void supervisor::drop(std::size_t index) {
  consultations_.erase(index);
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

void supervisor::drop_all() {
  for (std::size_t i = children_.size(); i-- > 0;) drop(i);
}

/// The parent restarts this whole group. The root knows no other cure than to isolate the actor.
void supervisor::give_up(std::size_t index) {
  const auto& child = children_[index];
  const auto cause = troubles_.contains(index)
                         ? troubles_[index].what
                         : failure{.actor = child.name, .text = "it ended of its own accord, too often"};
  troubles_.erase(index);
  given_up_[index] = cause.id;
  if (child.spec) announce(cause, remedy::escalate);
  if (setup_.parent) return tell(setup_.parent, escalation{cause, setup_.spec->name});
  leave_out(index);
  announce_root({cause, child.spec ? setup_.spec->name : child.name});
  group_.left_out(index);
  obey_group();
}

void supervisor::leave_out(std::size_t index) {
  const auto& child = children_[index];
  const auto failed = given_up_.extract(index);
  if (!child.spec) return tell(child.address, leave_out_child{});
  if (failed) tell(child.address, verdict{failed.mapped(), remedy::isolate}, priority::urgent);
}

void supervisor::group_closed() {
  troubles_.clear();
  consultations_.clear();
  given_up_.clear();
  if (std::exchange(reopens_, false)) return group_.open();
  if (dropped_ && end_order_ == 0) return;
  shut_down_ = end_order_ == 0;
  if (setup_.parent)
    return tell(setup_.parent, children_ended{setup_.spec->name, std::exchange(end_order_, 0)});
  spdlog::log(spdlog::level::warn,
              setup_.spec->name + " has shut itself down: a significant actor has ended");
  drop_all();
}

void supervisor::answer(const supervised& child, const failure& what, chain_choice choice) {
  announce(what, choice.action);
  const verdict order{what.id, choice.action};
  if (choice.pause.count() == 0) return tell(child.address, order, priority::urgent);
  detail::deliver_later(system().clock(), choice.pause.count(),
                        caf::actor_cast<caf::strong_actor_ptr>(child.address), seal(order), priority::urgent);
}

void supervisor::announce(const failure& what, remedy chosen) const {
  setup_.listener ? setup_.listener->on_failure(what, chosen) : log_loss(what, chosen);
}

void supervisor::announce_root(const escalation& what) const {
  setup_.listener ? setup_.listener->on_escalated_to_root(what) : log_loss(what.cause, remedy::isolate);
}

// the end of all

void supervisor::on(const stop_children&) {
  stops_ = true;
  stop_next();
}

void supervisor::on_stopped(const std::string& name) {
  if (auto* child = child_named(name)) child->stopped = true;
  if (stops_) stop_next();
}

/// Stops the last child that has not stopped; tells when there is none left.
void supervisor::stop_next() {
  while (not_stopped_ > 0 && children_[not_stopped_ - 1].stopped) --not_stopped_;
  if (not_stopped_ == 0) return all_stopped();
  const auto& next = children_[not_stopped_ - 1];
  if (!next.spec) return tell(next.address, stop_children{});
  tell(next.address, stop_actor{});
  grace_ends_ns_ = setup_.time->now() + next.spec->shutdown_grace.count();
  await_grace();
}

void supervisor::all_stopped() {
  if (setup_.parent) return tell(setup_.parent, children_stopped{setup_.spec->name});
  setup_.stopped->store(true, std::memory_order_release);
  setup_.stopped->notify_all();
}

/// One timer for all the children, which stop one after the other and mostly at once.
void supervisor::await_grace() {
  if (std::exchange(grace_awaited_, true)) return;
  detail::deliver_later(system().clock(), std::max<std::int64_t>(grace_ends_ns_ - setup_.time->now(), 1),
                        ctrl(), seal(grace_over{}));
}

void supervisor::on(const grace_over&) {
  grace_awaited_ = false;
  if (stops_) {
    if (not_stopped_ == 0 || !children_[not_stopped_ - 1].spec) return;
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
