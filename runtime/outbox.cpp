#include "vesta/runtime/outbox.hpp"

#include <algorithm>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/inbox_actor.hpp"
#include "vesta/runtime/send.hpp"

namespace vesta {

constinit thread_local outbox outbox::here_;

struct outbox::keeper {
  ~keeper() {
    here_.clear();
    delete[] std::exchange(here_.parcels_, nullptr);
    here_.room_ = 0;
  }
};

void outbox::grow() {
  thread_local const keeper until_the_end;
  const auto larger = std::max(2 * room_, std::uint32_t{64});
  auto* parcels = new outgoing[larger];
  std::copy(parcels_, parcels_ + count_, parcels);
  delete[] std::exchange(parcels_, parcels);
  room_ = larger;
}

void outbox::post_later(caf::actor_control_block* to, envelope_ptr what, platform::nanoseconds delay) {
  ++size_;
  auto& added = add(to, std::move(what), false);
  added.known = nullptr;
  added.delay = delay;
  added.has_reference = true;
  intrusive_ptr_add_ref(to);
}

void outbox::flush(inbox_actor& sender, caf::execution_unit* unit) {
  for (std::uint32_t i = 0; i < count_; ++i) {
    auto& each = parcels_[i];
    each.known ? hand_over(each, sender, unit) : hand_to_caf(each, sender, unit);
  }
  count_ = 0;
  size_ = 0;
}

/// The reference goes along where the receiver is made ready.
inline void outbox::hand_over(outgoing& what, inbox_actor& sender, caf::execution_unit* unit) {
  bool has_reference = what.has_reference;
  if (what.known->take_in(what, &sender)) {
    has_reference &= what.known->lives_with_node();
    what.known->begin_turn(unit);
  }
  if (has_reference) intrusive_ptr_release(what.to);
}

void outbox::hand_to_caf(outgoing& what, inbox_actor& sender, caf::execution_unit* unit) {
  caf::strong_actor_ptr to{what.to, false};
  envelope_ptr content{what.first};
  if (what.delay > 0)
    return detail::deliver_later(sender.system().clock(), what.delay, std::move(to), std::move(content));
  auto id = detail::id_for(what.urgent ? priority::urgent : priority::normal);
  const auto* request = content->type ? content->type->request : nullptr;
  if (request) id = caf::make_message_id(id.integer_value() | request->id(content->content()));
  to->enqueue(request ? sender.ctrl() : nullptr, id, open(std::move(content)), unit);
}

void outbox::clear() {
  for (std::uint32_t i = 0; i < count_; ++i) {
    auto& each = parcels_[i];
    each.last->next = nullptr;
    while (each.first) envelope_ptr{std::exchange(each.first, each.first->next)};
    if (each.has_reference) intrusive_ptr_release(each.to);
  }
  count_ = 0;
  size_ = 0;
}

} // namespace vesta
