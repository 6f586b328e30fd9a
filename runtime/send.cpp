#include "vesta/runtime/send.hpp"

#include "vesta/runtime/inbox_actor.hpp"
#include "vesta/runtime/prelude.hpp"

namespace vesta::detail {

void deliver(const caf::strong_actor_ptr& to, envelope_ptr what) {
  if (inbox_actor::behind(to)) {
    auto* sealed = what.release();
    inbox_actor::accept(to, sealed, sealed, unit_of_this_thread);
  } else if (to) {
    to->enqueue(nullptr, caf::make_message_id(), open(std::move(what)), unit_of_this_thread);
  }
}

} // namespace vesta::detail
