#include "vesta/runtime/send.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/inbox_actor.hpp"

namespace vesta::detail {

caf::message_id id_for(priority how) {
  return caf::make_message_id(how == priority::urgent ? caf::message_priority::high
                                                      : caf::message_priority::normal);
}

namespace {

/// A thread that sends one by one to somebody who falls behind leaves a chain that is read from its end, each
/// link from another core's cache. So each link leads further: to what this thread sent four messages before.
envelope* four_before(envelope* what) {
  thread_local constinit std::array<envelope*, 4> recent{};
  thread_local constinit unsigned sent = 0;
  return std::exchange(recent[sent++ % recent.size()], what);
}

} // namespace

void deliver(caf::actor_control_block* to, envelope_ptr what, priority how) {
  if (!to) return;
  if (auto* known = inbox_actor::behind(to)) {
    what->next = four_before(what.get());
    known->accept(parcel_of(std::move(what), how), unit_of_this_thread);
  } else {
    to->enqueue(nullptr, id_for(how), open(std::move(what)), unit_of_this_thread);
  }
}

void deliver_later(caf::actor_clock& by, platform::nanoseconds delay, caf::strong_actor_ptr to,
                   envelope_ptr what, priority how) {
  by.schedule_message(by.now() + std::chrono::nanoseconds(std::min(delay, platform::longest_wait)),
                      std::move(to),
                      caf::make_mailbox_element(nullptr, id_for(how), {}, open(std::move(what))));
}

} // namespace vesta::detail
