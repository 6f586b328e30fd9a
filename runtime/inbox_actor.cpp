#include "vesta/runtime/inbox_actor.hpp"

#include <caf/scheduler/abstract_coordinator.hpp>

#include "vesta/runtime/prelude.hpp"

namespace vesta {
namespace {

/// What somebody who waits hears from an actor that has ended.
void refuse_by_ended(foreign_message& what) {
  if (what.promise.pending()) what.promise.deliver(caf::make_error(caf::sec::request_receiver_down));
}

} // namespace

inbox_actor::inbox_actor(caf::actor_config& config) : caf::local_actor(config) { setf(kind_flag); }

void inbox_actor::accept(caf::strong_actor_ptr to, envelope* first, envelope* last,
                         caf::execution_unit* from) {
  auto* self = static_cast<inbox_actor*>(to->get());
  switch (self->inbox_.push(first, last)) {
  case inbox::result::accepted:
    return;
  case inbox::result::unblocked:
    to.release(); // the reference is the scheduler's now
    from ? from->exec_later(self) : self->home_system().scheduler().enqueue(self);
    return;
  case inbox::result::closed:
    while (first) {
      const envelope_ptr dropped{std::exchange(first, first->next)};
      if (!dropped->type) refuse_by_ended(dropped->foreign());
    }
  }
}

void inbox_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* from) {
  if (what->mid.is_response()) return; // it has asked nobody
  caf::response_promise promise;
  if (what->mid.is_request()) promise = {ctrl(), *what};
  auto* sealed = seal(foreign_message{what->move_content_to_message(), std::move(promise)}).release();
  accept(ctrl(), sealed, sealed, from);
}

void inbox_actor::launch(caf::execution_unit*, bool, bool hide) {
  inbox_.publish();
  if (!hide) register_at_system();
}

bool inbox_actor::cleanup(caf::error&& reason, caf::execution_unit* unit) {
  ended();
  inbox_.close([](envelope& left) {
    if (!left.type) refuse_by_ended(left.foreign());
  });
  return caf::local_actor::cleanup(std::move(reason), unit);
}

caf::resumable::resume_result inbox_actor::resume(caf::execution_unit* unit, std::size_t limit) {
  context(unit);
  for (spent_ = 0; spent_ < limit; ++spent_) {
    auto next = inbox_.pop();
    if (!next) {
      if (inbox_.is_closed()) return done;
      if (inbox_.try_block()) return awaiting_message;
      continue;
    }
    if (const auto* end = next->type ? nullptr : next->as<caf::exit_msg>()) {
      if (!end->reason) continue;
      cleanup(caf::error{end->reason}, unit);
      return done;
    }
    receive(std::move(next));
  }
  return inbox_.try_block() ? awaiting_message : resume_later;
}

void inbox_actor::intrusive_ptr_add_ref_impl() { intrusive_ptr_add_ref(ctrl()); }
void inbox_actor::intrusive_ptr_release_impl() { intrusive_ptr_release(ctrl()); }

} // namespace vesta
