#include "vesta/runtime/outside_question.hpp"

#include "vesta/messages/prelude.hpp"

namespace vesta::detail {

outside_question::outside_question(caf::actor_system& system, const caf::strong_actor_ptr& to,
                                   caf::message question, caf::duration limit)
    : asker_(system) {
  const auto id = asker_->new_request_id(caf::message_priority::normal);
  auto* me = caf::actor_cast<caf::strong_actor_ptr>(asker_).get();
  if (!to) {
    asker_->eq_impl(id.response_id(), me, nullptr, caf::make_error(caf::sec::invalid_argument));
  } else {
    to->enqueue(me, id, std::move(question), asker_->context());
    asker_->request_response_timeout(limit, id);
  }
}

outside_question::outcome outside_question::wait() {
  for (;;) {
    auto come = asker_->dequeue();
    if (!come->mid.is_response()) continue; // whoever got hold of this address; nobody has a reason to
    auto content = come->move_content_to_message();
    if (content.match_elements<caf::error>()) return {{}, content.get_as<caf::error>(0)};
    return {std::move(content), {}};
  }
}

} // namespace vesta::detail
