#include "vesta/runtime/supervisor.hpp"

#include <cmath>
#include <spdlog/spdlog.h>

#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/caught.hpp"

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

template <class... Messages>
bool supervisor::dispatch(envelope& what) {
  const auto run = [this](const auto* message) {
    if (message) on(*message);
    return message != nullptr;
  };
  return (run(what.as<Messages>()) || ...);
}

void supervisor::receive(envelope_ptr& what) {
  const bool known =
      dispatch<child_failed, recovered, incarnation_started, incarnation_ended, actor_stopped_event,
               grace_over, escalation, start_children, children_started, end_children, children_ended,
               leave_out_child, stop_children, children_stopped, recovery_step, consultation_over,
               restart_due, restarts_overdue, change_children, list_children, all_ended>(*what);
  if (!known) what->decline(error_code::unexpected_message);
}

// what happens to children

void supervisor::on(const child_failed& report) {
  const auto child = number_of(report.what.actor);
  if (!child) return;
  const auto& [what, choice] = report;
  if (choice.on_the_spot) return announce(what, choice.action);
  left_gate(*child);
  // Of a temporary actor, and of a handler that does not return, there is nothing to be asked.
  const bool certain = choice.action == remedy::stop || what.code == error_code::handler_stuck;
  if (certain || !consult(*child, what, choice)) carry_out(*child, what, choice);
}

/// Null when there is none.
caf::strong_actor_ptr supervisor::coordinator() const {
  const auto found = setup_.spec->asks_coordinator ? setup_.peers->find("error_coordinator") : nullptr;
  return found && found->spec->interface == typeid(error_coordinator_actor) ? found->address : nullptr;
}

/// False when there is nobody to ask.
bool supervisor::consult(child_number index, const failure& what, chain_choice otherwise) {
  const auto who = coordinator();
  if (!who || setup_.time->now() < silent_until_ns_) return false;
  const auto& child = children_.at(index);
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
  tell(who, std::move(asked));
  detail::deliver_later(system().clock(), consultation_limit.count(), ctrl(),
                        seal(consultation_over{what.id, what.actor}));
  return true;
}

/// Null when no answer to that failure is waited for.
supervisor::consultation* supervisor::open_consultation(const std::string& actor, std::uint64_t failure_id) {
  const auto child = number_of(actor);
  const auto found = child ? consultations_.find(*child) : consultations_.end();
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
  carry_out(*number_of(step.actor), failure{open->what}, choice);
}

void supervisor::on(const consultation_over& what) {
  if (!open_consultation(what.actor, what.failure_id)) return;
  if (++unanswered_ >= consultations_in_vain)
    silent_until_ns_ = setup_.time->now() + consultation_pause.count();
  on(recovery_step{.failure_id = what.failure_id, .actor = what.actor, .decided = false});
}

void supervisor::carry_out(child_number child, const failure& what, chain_choice choice) {
  switch (choice.action) {
  case remedy::restart: {
    troubles_[child] = {what};
    const auto pause = std::max(choice.pause.count(), pause_before_restart(child));
    if (pause > 0)
      return detail::deliver_later(system().clock(), pause, ctrl(), seal(restart_due{what.id, what.actor}));
    return on(restart_due{what.id, what.actor});
  }
  case remedy::escalate:
    troubles_[child] = {what};
    return give_up(child);
  case remedy::stop:
    if (children_.at(child).spec->restart == restart_kind::temporary) {
      troubles_[child] = {what};
      group_.ended(child, end_reason::failed, setup_.time->now());
    } else {
      announce(what, remedy::stop);
      group_.suspend(child);
    }
    return obey_group();
  default:
    answer(children_.at(child), what, choice);
    if (choice.action != remedy::isolate && choice.action != remedy::fallback) return;
    group_.started(child); // one whose start failed is there, parked
    return obey_group();
  }
}

platform::nanoseconds supervisor::pause_before_restart(child_number child) {
  if (!setup_.spec->restart_pause) return 0;
  auto& pauses = pauses_.try_emplace(child, *setup_.spec->restart_pause).first->second;
  platform::random_stream dice(setup_.seed + ++drawn_, setup_.spec->name, "restart");
  return pauses.next_pause(setup_.time->now(), dice);
}

/// Unless it was restarted with its group meanwhile, or is to end.
void supervisor::on(const restart_due& what) {
  const auto child = number_of(what.actor);
  const auto open = child ? troubles_.find(*child) : troubles_.end();
  if (open == troubles_.end() || open->second.what.id != what.failure_id) return;
  const auto is = group_.state_of(*child);
  if (is != child_group::state::running && is != child_group::state::starting) return;
  group_.ended(*child, end_reason::failed, setup_.time->now());
  obey_group();
}

void supervisor::on(const recovered& what) {
  if (setup_.listener) tell_listener([&](auto& listener) { listener.on_recovered(what); });
  if (const auto child = number_of(what.actor)) {
    children_.at(*child).parked = what.by == remedy::isolate || what.by == remedy::fallback;
    if (const auto found = consultations_.extract(*child))
      if (const auto who = coordinator())
        tell(who, recovery_outcome{found.mapped().what.id, what.actor, what.by});
    left_gate(*child);
  }
}

/// A supervisor below has restarted too often. For OTP it has shut down.
void supervisor::on(const escalation& what) {
  const auto below = number_of(what.supervisor);
  if (!below) return;
  troubles_[*below] = {.what = what.cause, .given_up = what.path};
  group_.ended(*below, end_reason::shutdown, setup_.time->now());
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
  auto left = below_;
  for (const auto& [number, failure] : given_up_)
    if (children_.at(number).spec) left.push_back(number);
  std::ranges::sort(left);
  for (const auto each : left) {
    leave_out(each);
    group_.left_out(each);
  }
  obey_group();
}

// what it says itself

/// The parent restarts this whole group. The root knows no other cure than to isolate the actor.
void supervisor::give_up(child_number index) {
  const auto& child = children_.at(index);
  open_failure trouble{.what = {.actor = child.name(), .text = "it ended of its own accord, too often"}};
  if (const auto found = troubles_.extract(index)) trouble = std::move(found.mapped());
  const auto& cause = trouble.what;
  trouble.given_up.push_back(setup_.spec->name);
  given_up_[index] = cause.id;
  if (child.spec) announce(cause, remedy::escalate);
  if (setup_.parent) return tell(setup_.parent, escalation{cause, setup_.spec->name, trouble.given_up});
  leave_out(index);
  announce_root({cause, child.spec ? setup_.spec->name : child.name(), trouble.given_up});
  group_.left_out(index);
  obey_group();
}

void supervisor::leave_out(child_number index) {
  const auto& child = children_.at(index);
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

/// It is the host's code: what it throws must not end the supervisor.
template <class Tell>
void supervisor::tell_listener(Tell tell) const {
  const auto error = caught_in([&] { tell(*setup_.listener); }, error_code::handler_failed);
  if (error)
    spdlog::log(spdlog::level::err, "the supervision listener failed; its tree goes on: " + error->text);
}

void supervisor::announce(const failure& what, remedy chosen) const {
  if (!setup_.listener) return log_loss(what, chosen);
  tell_listener([&](auto& listener) { listener.on_failure(what, chosen); });
}

void supervisor::announce_root(const escalation& what) const {
  if (!setup_.listener) return log_loss(what.cause, remedy::isolate);
  tell_listener([&](auto& listener) { listener.on_escalated_to_root(what); });
}

} // namespace vesta
