#include "vesta/runtime/inbox_actor.hpp"

#include <caf/scheduler/abstract_coordinator.hpp>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/request.hpp"

namespace vesta {

inbox_actor::inbox_actor(caf::actor_config& config) : caf::local_actor(config) { setf(kind_flag); }

inbox::result inbox_actor::push_into_full(envelope& what) {
  if (always_takes(what)) return inbox_.push(&what, &what, 0);
  if (inbox_.is_shut() && what.is_request()) return inbox::result::full;
  auto how = inbox_.push_within_limit(&what, &what);
  std::size_t gone = 0;
  const auto may_go = [&](envelope& each) {
    const bool goes = !each.is_request() && !always_takes(each);
    gone += goes;
    return goes;
  };
  while (how == inbox::result::full && inbox_.make_room(may_go)) how = inbox_.push_within_limit(&what, &what);
  if (gone > 0) dropped(gone);
  return how;
}

bool inbox_actor::has_room() const {
  return !line_->narrow.load(std::memory_order_relaxed) && inbox_.waiting() < inbox_.low_water();
}

/// It comes in, and its sender handles nothing more until there is room.
inbox::result inbox_actor::push_and_hold_up(const parcel& what, inbox_actor& sender) {
  const auto how = inbox_.push_beyond_limit(what.first, what.last, what.count);
  if (how == inbox::result::closed) return how;
  const auto number = sender.held_up();
  {
    const std::lock_guard lock{line_->mutex};
    line_->senders.emplace_back(sender.ctrl(), number);
    line_->waiting.fetch_add(1, std::memory_order_acq_rel);
  }
  if (has_room() || has_ended()) let_senders_go_on();
  return how;
}

void inbox_actor::let_senders_go_on() {
  decltype(line_->senders) senders;
  {
    const std::lock_guard lock{line_->mutex};
    senders.swap(line_->senders);
    line_->waiting.exchange(0, std::memory_order_acq_rel);
  }
  for (auto& [sender, number] : senders)
    behind(sender)->accept(parcel_of(seal(room_again{number}), priority::urgent),
                           detail::unit_of_this_thread);
}

/// Urgent messages, and an inbox that holds up its senders.
bool inbox_actor::take_in_otherwise(const parcel& what, inbox_actor* sender) {
  if (what.urgent) return after_push(what, sender, inbox_.push_urgent(what.first, what.last));
  const bool narrow = sender && line_->narrow.load(std::memory_order_relaxed);
  auto how = narrow ? inbox::result::full : inbox_.push(what.first, what.last, what.count);
  if (how == inbox::result::full && !narrow && what.count == 1) how = push_into_full(*what.first);
  if (how == inbox::result::full && sender) how = push_and_hold_up(what, *sender);
  return after_push(what, sender, how);
}

/// As `take_in`, for what found no room or nobody there.
bool inbox_actor::after_refusal(const parcel& what, inbox::result how) {
  what.last->next = nullptr;
  if (how == inbox::result::full && what.count == 1) return refuse_at_door(envelope_ptr{what.first}), false;
  bool waited = false;
  for (auto* left = what.first; left;) {
    auto* each = std::exchange(left, left->next);
    if (how == inbox::result::full) // as many as there is room for
      waited |= take_in({.first = each, .last = each}, nullptr);
    else
      refuse_after_end(*envelope_ptr{each});
  }
  return waited;
}

void inbox_actor::begin_turn() { home_system().scheduler().enqueue(this); }

void inbox_actor::refuse_after_end(envelope& what) { what.decline(error_code::actor_stopped); }

void inbox_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* from) {
  if (what->mid.is_response()) {
    const auto request = what->mid.request_id().integer_value();
    return accept(parcel_of(seal(detail::foreign_answer{request, what->move_content_to_message()})), from);
  }
  caf::response_promise promise;
  if (what->mid.is_request()) promise = {ctrl(), *what};
  const bool is_exit = what->content().match_elements<caf::exit_msg>();
  auto sealed = seal(foreign_message{what->move_content_to_message(), std::move(promise)});
  const bool urgent = what->mid.category() == caf::message_id::urgent_message_category || is_exit;
  accept(parcel_of(std::move(sealed), urgent ? priority::urgent : priority::normal), from);
}

void inbox_actor::launch(caf::execution_unit*, bool, bool hide) {
  inbox_.publish();
  if (!hide) register_at_system();
}

bool inbox_actor::cleanup(caf::error&& reason, caf::execution_unit* unit) {
  ended();
  inbox_.close([this](envelope& left) { refuse_after_end(left); });
  if (line_) let_senders_go_on(); // actors that hold up each other would keep each other
  return caf::local_actor::cleanup(std::move(reason), unit);
}

caf::resumable::resume_result inbox_actor::resume(caf::execution_unit* unit, std::size_t limit) {
  if (context() != unit) context(unit); // others' cores need not hear of it
  spent_ = 0;
  for (;;) {
    if (auto next = spent_ < limit ? inbox_.pop() : envelope_ptr{}) {
      ++spent_;
      if (const auto* end = next->type ? nullptr : next->as<caf::exit_msg>()) {
        if (!end->reason) continue;
        cleanup(caf::error{end->reason}, unit);
        return done;
      }
      share_next();
      receive(next);
      if (turns_end_ns_ != 0 && platform::steady_clock().now() >= turns_end_ns_) limit = 0;
      if (!ends_) continue;
      cleanup(caf::error{caf::exit_reason::normal}, unit);
      return done;
    }
    end_turn();
    if (inbox_.try_block()) return awaiting_message;
    if (spent_ >= limit) return resume_later;
    if (inbox_.is_closed()) return done;
  }
}

void inbox_actor::after_visit(caf::execution_unit* unit) {
  if (ends_) return void(cleanup(caf::error{caf::exit_reason::normal}, unit));
  end_turn();
  if (inbox_.try_block()) return;
  add_turn(unit);
}

void inbox_actor::look_at_line() {
  if (line_->waiting.fetch_add(0, std::memory_order_acq_rel) != 0 && has_room()) let_senders_go_on();
}

} // namespace vesta
