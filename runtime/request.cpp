#include "vesta/runtime/request.hpp"

#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

/// Neither ever leaves Vesta's own actors.
caf::message nothing(void*) { return {}; }

} // namespace

const message_meta message_type<detail::request_failed>::meta = {
    .name = "request_failed",
    .size = sizeof(detail::request_failed),
    .destroy = [](void*) {},
    .wrap = nothing,
    .request = &detail::answer_meta<detail::request_failed>};

const message_meta message_type<detail::foreign_answer>::meta = {
    .name = "foreign_answer",
    .size = sizeof(detail::foreign_answer),
    .destroy = [](void* message) { static_cast<detail::foreign_answer*>(message)->~foreign_answer(); },
    .wrap = nothing,
    .request = &detail::answer_meta<detail::foreign_answer>};

} // namespace vesta
