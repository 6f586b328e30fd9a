#include "vesta/runtime/outbox.hpp"

#include "vesta/runtime/inbox_actor.hpp"
#include "vesta/runtime/prelude.hpp"

namespace vesta {

void outbox::post(caf::actor_control_block* to, envelope_ptr what) {
  ++size_;
  auto& at = guess(to);
  if (at < parcels_.size()) {
    auto& last = parcels_[at];
    if (last.to.get() == to && last.known && last.delay == 0) {
      last.last = last.last->next = what.release();
      return;
    }
  }
  at = static_cast<std::uint16_t>(parcels_.size());
  auto& made = parcels_.emplace_back();
  made.to.reset(to);
  made.known = inbox_actor::behind(made.to);
  made.first = made.last = what.release();
}

void outbox::post_later(caf::actor_control_block* to, envelope_ptr what, platform::nanoseconds delay) {
  ++size_;
  auto& made = parcels_.emplace_back();
  made.to.reset(to);
  made.first = made.last = what.release();
  made.delay = delay;
}

void outbox::flush(caf::local_actor& sender) {
  for (auto& each : parcels_) {
    if (each.delay > 0) {
      auto& clock = sender.system().clock();
      clock.schedule_message(
          clock.now() + std::chrono::nanoseconds(each.delay), std::move(each.to),
          caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, open(envelope_ptr{each.first})));
    } else if (each.known) {
      inbox_actor::accept(std::move(each.to), each.first, each.last, sender.context());
    } else {
      each.to->enqueue(nullptr, caf::make_message_id(), open(envelope_ptr{each.first}), sender.context());
    }
  }
  parcels_.clear();
  size_ = 0;
}

void outbox::clear() {
  for (auto& each : parcels_) {
    each.last->next = nullptr;
    while (each.first) envelope_ptr{std::exchange(each.first, each.first->next)};
  }
  parcels_.clear();
  size_ = 0;
}

} // namespace vesta
