#include "vesta/runtime/inbox_actor.hpp"

#include <caf/scheduler/abstract_coordinator.hpp>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/request.hpp"

namespace vesta {

inbox_actor::inbox_actor(caf::actor_config& config) : caf::local_actor(config) { setf(kind_flag); }

inbox::result inbox_actor::push(const parcel& what) {
  if (what.urgent) return inbox_.push_urgent(what.first, what.last);
  const auto how = inbox_.push(what.first, what.last, what.count);
  return how != inbox::result::full || what.count > 1 ? how : push_into_full(*what.first);
}

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
    accept(std::move(sender), parcel_of(seal(room_again{number}), priority::urgent),
           detail::unit_of_this_thread);
}

void inbox_actor::accept(caf::strong_actor_ptr to, parcel what, caf::execution_unit* from,
                         inbox_actor* sender) {
  auto* self = static_cast<inbox_actor*>(to->get());
  const bool holds_up = sender && self->line_ && !what.urgent;
  const bool narrow = holds_up && self->line_->narrow.load(std::memory_order_relaxed);
  auto how = narrow ? inbox::result::full : self->push(what);
  if (how == inbox::result::full && holds_up) how = self->push_and_hold_up(what, *sender);
  switch (how) {
  case inbox::result::accepted:
    return;
  case inbox::result::unblocked:
    to.release(); // the reference is the scheduler's now
    from ? from->exec_later(self) : self->home_system().scheduler().enqueue(self);
    return;
  case inbox::result::closed:
    while (what.first) {
      const envelope_ptr next{std::exchange(what.first, what.first->next)};
      self->refuse_after_end(*next);
    }
    return;
  case inbox::result::full:
    if (what.count == 1) return self->refuse_at_door(envelope_ptr{what.first});
    while (what.first) {
      auto* next = std::exchange(what.first, what.first->next);
      accept(to, {.first = next, .last = next}, from); // as many as there is room for
    }
  }
}

void inbox_actor::refuse_after_end(envelope& what) { what.decline(error_code::actor_stopped); }

void inbox_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* from) {
  if (what->mid.is_response()) {
    const auto request = what->mid.request_id().integer_value();
    return accept(ctrl(), parcel_of(seal(detail::foreign_answer{request, what->move_content_to_message()})),
                  from);
  }
  caf::response_promise promise;
  if (what->mid.is_request()) promise = {ctrl(), *what};
  auto sealed = seal(foreign_message{what->move_content_to_message(), std::move(promise)});
  const bool urgent = what->mid.category() == caf::message_id::urgent_message_category;
  accept(ctrl(), parcel_of(std::move(sealed), urgent ? priority::urgent : priority::normal), from);
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
  context(unit);
  for (spent_ = 0; spent_ < limit; ++spent_) {
    auto next = inbox_.pop();
    if (!next) {
      if (inbox_.is_closed()) return done;
      end_turn();
      if (inbox_.try_block()) return awaiting_message;
      continue;
    }
    if (const auto* end = next->type ? nullptr : next->as<caf::exit_msg>()) {
      if (!end->reason) continue;
      cleanup(caf::error{end->reason}, unit);
      return done;
    }
    receive(std::move(next));
    if (!ends_) continue;
    cleanup(caf::error{caf::exit_reason::normal}, unit);
    return done;
  }
  end_turn();
  return inbox_.try_block() ? awaiting_message : resume_later;
}

void inbox_actor::after_visit(caf::execution_unit* unit) {
  if (ends_) return void(cleanup(caf::error{caf::exit_reason::normal}, unit));
  end_turn();
  if (inbox_.try_block()) return;
  intrusive_ptr_add_ref(ctrl()); // the scheduler's
  unit->exec_later(this);
}

void inbox_actor::end_turn() {
  if (line_ && line_->waiting.fetch_add(0, std::memory_order_acq_rel) != 0 && has_room()) let_senders_go_on();
}

void inbox_actor::intrusive_ptr_add_ref_impl() { intrusive_ptr_add_ref(ctrl()); }
void inbox_actor::intrusive_ptr_release_impl() { intrusive_ptr_release(ctrl()); }

} // namespace vesta
