// What a logical actor does at its supervisor's word.

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/checkpoint_writer.hpp"
#include "vesta/runtime/logical_actor.hpp"

namespace vesta {
namespace {

/// An actor that is at work meets its fault on a message of its own before.
constexpr std::chrono::nanoseconds nudge_after = std::chrono::milliseconds(100);

} // namespace

void logical_actor::start(const start_incarnation& order) {
  const bool by_hand = order.order == 0;
  // A stop is final, even one that came first. By hand nobody starts whose turn its supervisor has yet to
  // give.
  if (mode_ == mode::stopped || mode_ == mode::running || (by_hand && mode_ != mode::isolated)) return;
  start_order_ = {order.order, order.tell || by_hand};
  ordered_ = remedy::restart;
  restart();
}

void logical_actor::end(const end_incarnation& order) {
  const bool is_late = order.together && order.order < start_order_.order;
  if (mode_ != mode::stopped && !is_late) {
    incarnation_.reset();
    if (!order.comes_back) {
      forget_all();
      forget_state();
    }
    if (trouble_) trouble_->position = {};
    mode_ = order.comes_back && mode_ != mode::ended ? mode::waiting : mode::ended;
  }
  if (order.together) return count_down(*order.together);
  if (order.order != 0)
    tell(setup_.supervisor, incarnation_ended{.order = order.order, .child = order.child});
}

void logical_actor::count_down(countdown& together) {
  const auto number = together.number;
  if (together.left.fetch_sub(1, std::memory_order_acq_rel) == 1) tell(setup_.supervisor, all_ended{number});
}

/// After a handler that quit. What waits goes on waiting until the supervisor has decided.
bool logical_actor::leave() {
  quits_ = false;
  incarnation_.reset();
  forget_state();
  settle(ordered_);
  mode_ = mode::waiting;
  tell(setup_.supervisor, incarnation_ended{setup_.spec->name});
  return false;
}

/// Nobody is left to hear an answer or to serve what waits.
void logical_actor::forget_all() {
  if (in_hand_) refuse(*in_hand_, error_code::actor_stopped);
  bury_in_hand();
  trouble_.reset();
  close_requests();
  refuse_backlog(error_code::actor_stopped, false);
}

void logical_actor::forget_state() {
  checkpoint_.clear();
  plain_checkpoint_ = nullptr;
  inputs_.clear();
  looks_on_disk_ = false;
  if (setup_.spec->on_disk) setup_.node->states->forget(setup_.spec->name);
}

void logical_actor::kill(const std::string& reason) {
  if (mode_ != mode::running) return;
  incarnation_.reset();
  message_number_ = 0;
  report({error_code::incarnation_killed, category::runtime, reason});
}

void logical_actor::stop(const stop_actor& order) {
  if (mode_ == mode::stopped) return;
  save_now();
  incarnation_.reset();
  mode_ = mode::stopped;
  forget_all();
  order.together ? count_down(*order.together) : tell(setup_.supervisor, actor_stopped_event{order.child});
  end_life();
}

void logical_actor::apply(const verdict& order) {
  // One that has quit too often has no failure to name.
  if (mode_ == mode::waiting && order.failure_id == 0 && order.action == remedy::isolate) return isolate();
  if (mode_ != mode::suspended || trouble_->what.id != order.failure_id) return;
  ordered_ = order.action;
  switch (order.action) {
  case remedy::retry:
    return in_hand_ && incarnation_ ? run_in_hand_again() : restart();
  case remedy::rollback:
    return restore_and_go_on();
  case remedy::scale_down:
    return change_level({std::max(level_.load / 2, setup_.spec->least_load), level_.features_off});
  case remedy::degrade:
    return change_level(
        {level_.load, std::min<std::uint32_t>(level_.features_off + 1, setup_.spec->features.size())});
  case remedy::fallback:
    return fall_back();
  case remedy::set_aside:
    return set_aside();
  case remedy::restart:
    return restart();
  case remedy::stop: // is the supervisor's to carry out
    return;
  case remedy::isolate:
  case remedy::escalate:
    return isolate();
  }
}

void logical_actor::restore_and_go_on() {
  if (!in_hand_ || !incarnation_ || !incarnation_->keeps_state()) return restart();
  if (restore()) run_in_hand_again();
}

/// Before the message in hand is run again.
void logical_actor::change_level(const service_level& to) {
  level_ = to;
  restore_and_go_on();
}

void logical_actor::raise() {
  if (mode_ != mode::running || level_ == service_level{}) return;
  level_.features_off > 0 ? void(--level_.features_off) : void(level_.load = std::min(level_.load * 2, 1.0));
  auto error = caught_in([&] { incarnation_->adapt(level_); }, error_code::handler_failed);
  if (error) report(*std::move(error));
}

void logical_actor::inject(const inject_fault& what) {
  if (what.times == 0) return;
  fault_ = std::make_unique<injected_fault>(injected_fault{what});
  if (what.where == inject_fault::place::start) return kill("ended by an injected fault");
  detail::deliver_later(system().clock(), nudge_after.count(), address(), seal(nudge{}));
}

/// Throws, or takes its time, while there is a fault for this place; it is gone once it has had its times.
void logical_actor::trip_up(inject_fault::place here) {
  auto& [what, poison] = *fault_;
  if (what.where == inject_fault::place::stall) {
    if (here == inject_fault::place::start) return;
    const auto until = platform::steady_clock().now() + what.stall_ns;
    if (--what.times == 0) fault_.reset();
    while (platform::steady_clock().now() < until) {
    }
    return;
  }
  const bool at_start = what.where == inject_fault::place::start;
  if (at_start != (here == inject_fault::place::start)) return;
  const actor_error error(at_start ? error_code::start_failed : error_code::handler_failed, what.kind,
                          "by an injected fault");
  if (what.where == inject_fault::place::message) {
    if (poison == 0) poison = message_number_;
    if (poison == message_number_) throw error;
    return fault_.reset();
  }
  if (--what.times == 0) fault_.reset();
  throw error;
}

/// Goes on without the message: the answer to poison.
void logical_actor::set_aside() {
  if (in_hand_) refuse(*in_hand_, error_code::message_set_aside);
  bury_in_hand();
  if (!incarnation_ || (incarnation_->keeps_state() && !restore())) return restart();
  mode_ = mode::running;
  settle(remedy::set_aside);
  drain();
}

void logical_actor::restart() {
  incarnation_.reset(); // ends before the next one begins
  standby_.reset();
  const bool first = looks_on_disk_;
  if (first && !load_saved()) return;
  const bool goes_on = !checkpoint_.empty();
  if (!build(first)) return;
  looks_on_disk_ = false;
  if (goes_on && !restore()) return;
  mode_ = mode::running;
  if (std::exchange(start_order_.tell, false))
    tell(setup_.supervisor, incarnation_started{setup_.spec->name, start_order_.order});
  if (in_hand_) return run_in_hand_again();
  settle(remedy::restart);
  drain();
}

void logical_actor::isolate() {
  incarnation_.reset();
  mode_ = mode::isolated;
  if (in_hand_) refuse(*in_hand_, error_code::message_set_aside);
  bury_in_hand();
  settle(remedy::isolate);
  refuse_backlog(error_code::actor_isolated, true);
}

/// The standby gets the message in hand, what waits, and what comes, in this order. What this actor's state
/// was promised, its timers and answers, waits for it.
void logical_actor::fall_back() {
  const auto entry = setup_.spec->standby.empty() ? nullptr : setup_.node->peers->find(setup_.spec->standby);
  if (!entry) return isolate();
  incarnation_.reset();
  mode_ = mode::isolated;
  standby_ = entry->address;
  if (in_hand_) divert(std::move(in_hand_));
  for (auto waiting = backlog_.size(); waiting > 0; --waiting) divert(backlog_.pop());
  settle(remedy::fallback);
}

void logical_actor::divert(envelope_ptr what) {
  if (always_takes(*what)) return backlog_.push(std::move(what));
  behind(standby_)->accept(parcel_of(std::move(what)), detail::unit_of_this_thread);
}

} // namespace vesta
