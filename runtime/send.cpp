#include "vesta/runtime/send.hpp"

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/inbox_actor.hpp"

namespace vesta::detail {

caf::message_id id_for(priority how) {
  return caf::make_message_id(how == priority::urgent ? caf::message_priority::high
                                                      : caf::message_priority::normal);
}

void deliver(caf::actor_control_block* to, envelope_ptr what, priority how) {
  if (!to) return;
  if (auto* known = inbox_actor::behind(to))
    known->accept(parcel_of(std::move(what), how), unit_of_this_thread);
  else
    to->enqueue(nullptr, id_for(how), open(std::move(what)), unit_of_this_thread);
}

void deliver_later(caf::actor_clock& by, platform::nanoseconds delay, caf::strong_actor_ptr to,
                   envelope_ptr what, priority how) {
  by.schedule_message(by.now() + std::chrono::nanoseconds(delay), std::move(to),
                      caf::make_mailbox_element(nullptr, id_for(how), {}, open(std::move(what))));
}

} // namespace vesta::detail
