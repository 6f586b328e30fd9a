#include "vesta/runtime/send.hpp"

#include "vesta/runtime/prelude.hpp"

namespace vesta::detail {

void tell(const caf::strong_actor_ptr& to, caf::message content) {
  if (to) to->enqueue(nullptr, caf::make_message_id(), std::move(content), nullptr);
}

} // namespace vesta::detail
