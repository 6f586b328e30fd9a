// What the handlers of a logical actor see: its `context`.

#include <stdexcept>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/logical_actor.hpp"

namespace vesta {

platform::nanoseconds logical_actor::now() const {
  if (now_ns_ == 0) now_ns_ = setup_.time->now();
  return now_ns_;
}

platform::random_stream logical_actor::random(std::string_view purpose) const {
  return platform::random_stream(setup_.seed ^ (message_number_ * 0x9E3779B97F4A7C15ULL), setup_.spec->name,
                                 purpose);
}

/// `unit` runs those whom it makes ready.
void logical_actor::hand_over(caf::execution_unit* unit) {
  auto& sent = outbox::of_this_thread();
  if (sent.size() == 0) return;
  if (watched_ && watched_->given_up()) return sent.clear();
  count_up(counters_.sent, sent.size());
  spend(sent.size() - 1); // one for one is what a turn is made of
  sent.flush(*this, unit);
}

void logical_actor::post(caf::actor_control_block* to, envelope_ptr what, priority how) {
  if (muted_ || !to) return;
  auto& sent = outbox::of_this_thread();
  sent.post(to, std::move(what), how);
  if (sent.size() > outbox_limit) flush();
}

/// The same when the message is run again, and another one for a state that began anew. CAF has 60 bits for
/// it.
std::uint64_t logical_actor::request_number(std::uint32_t index) const {
  return (timer_epoch_ & 0xFF) << 52 | (message_number_ & 0x3FFF'FFFF) << 22 | index;
}

std::uint64_t logical_actor::open_request(caf::actor_control_block* to, platform::nanoseconds limit,
                                          detail::answer_maker make) {
  if (++asked_ % constructors_first_request == 0) throw std::length_error("a handler asks too much");
  const auto id = request_number(asked_);
  if (muted_) return id;
  requests_.open(*setup_.timers, address(), id, limit, make);
  if (!to) post(ctrl(), seal(detail::request_failed{id, error_code::actor_stopped}), priority::normal);
  return id;
}

/// Those of an attempt that failed.
void logical_actor::forget_requests() {
  for (; asked_ % constructors_first_request > 0; --asked_) requests_.close(request_number(asked_));
}

void logical_actor::post_later(platform::nanoseconds delay, caf::message message) {
  if (muted_) return;
  outbox::of_this_thread().post_later(ctrl(), seal(detail::timed{timer_epoch_, std::move(message)}),
                                      std::max<std::int64_t>(delay, 1));
}

caf::strong_actor_ptr logical_actor::find(std::string_view name, std::type_index interface) const {
  const auto entry = setup_.peers->find(name);
  if (!entry) throw std::logic_error("no actor is named \"" + std::string(name) + "\"");
  if (entry->spec->interface != interface)
    throw std::logic_error("the actor \"" + std::string(name) + "\" has another interface");
  return entry->address;
}

supervisor_actor logical_actor::supervisor(std::string_view name) const {
  const auto found = setup_.peers->find_supervisor(name);
  if (!found) throw std::logic_error("no supervisor is named \"" + std::string(name) + "\"");
  return caf::actor_cast<supervisor_actor>(found);
}

} // namespace vesta
