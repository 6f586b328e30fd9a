#include "vesta/runtime/outbox.hpp"

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/inbox_actor.hpp"
#include "vesta/runtime/send.hpp"

namespace vesta {

void outbox::post(caf::actor_control_block* to, envelope_ptr what, priority how) {
  auto& at = guess(to);
  if (at < parcels_.size()) {
    auto& last = parcels_[at];
    if (last.to.get() == to && last.known && last.delay == 0 && last.urgent == (how == priority::urgent)) {
      last.last = last.last->next = what.release();
      ++last.count;
      ++size_;
      return;
    }
  }
  at = static_cast<std::uint16_t>(parcels_.size());
  auto& made = begin(to, std::move(what), how);
  made.known = inbox_actor::behind(made.to);
}

void outbox::post_later(caf::actor_control_block* to, envelope_ptr what, platform::nanoseconds delay) {
  begin(to, std::move(what), priority::normal).delay = delay;
}

outbox::outgoing& outbox::begin(caf::actor_control_block* to, envelope_ptr what, priority how) {
  ++size_;
  auto& made = parcels_.emplace_back();
  static_cast<parcel&>(made) = parcel_of(std::move(what), how);
  made.to.reset(to);
  return made;
}

void outbox::flush(inbox_actor& sender, caf::execution_unit* unit) {
  for (auto& each : parcels_) {
    if (each.delay > 0) {
      detail::deliver_later(sender.system().clock(), each.delay, std::move(each.to),
                            envelope_ptr{each.first});
    } else if (each.known) {
      inbox_actor::accept(std::move(each.to), each, unit, &sender);
    } else {
      auto id = detail::id_for(each.urgent ? priority::urgent : priority::normal);
      const auto* request = each.first->type ? each.first->type->request : nullptr;
      if (request) id = caf::make_message_id(id.integer_value() | request->id(each.first->content()));
      each.to->enqueue(request ? sender.ctrl() : nullptr, id, open(envelope_ptr{each.first}), unit);
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
