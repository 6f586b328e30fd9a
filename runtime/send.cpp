#include "vesta/runtime/send.hpp"

#include "vesta/runtime/inbox_actor.hpp"
#include "vesta/runtime/prelude.hpp"

namespace vesta::detail {

void deliver(const caf::strong_actor_ptr& to, envelope_ptr what, caf::execution_unit* from) {
  if (auto* known = inbox_actor::behind(to)) {
    auto* sealed = what.release();
    known->accept(sealed, sealed, from);
  } else if (to) {
    to->enqueue(nullptr, caf::make_message_id(), open(std::move(what)), from);
  }
}

} // namespace vesta::detail
