// What the handlers of a logical actor see: its `context`.

#include <stdexcept>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/logical_actor.hpp"
#include "vesta/runtime/timer_clock.hpp"

namespace vesta {

platform::nanoseconds logical_actor::now() const {
  if (now_ns_ == 0) now_ns_ = setup_.node->time->now();
  return now_ns_;
}

platform::random_stream logical_actor::random(std::string_view purpose) const {
  return platform::random_stream(setup_.node->seed ^ (message_number_ * 0x9E3779B97F4A7C15ULL),
                                 setup_.spec->name, purpose);
}

/// `unit` runs those whom it makes ready.
void logical_actor::hand_over(outbox& sent, caf::execution_unit* unit) {
  if (watched_ && watched_->given_up()) return sent.clear();
  count_up(counters_.sent, sent.size());
  spend(sent.size() - 1); // one for one is what a turn is made of
  sent.flush(*this, unit);
}

void logical_actor::post(caf::actor_control_block* to, envelope_ptr what, priority how) {
  if (muted_ || !to) return;
  auto& sent = outbox::of_this_thread();
  sent.post(*caf::actor_control_block::from(this)->home_system, to, std::move(what), how);
  if (sent.size() > outbox_limit) flush();
}

/// The same when the message is run again, and another one for a state that began anew. CAF has 60 bits for
/// it.
std::uint64_t logical_actor::request_number(std::uint32_t index) const {
  return std::uint64_t{timer_epoch_ & 0xFF} << 52 | (message_number_ & 0x3FFF'FFFF) << 22 | index;
}

std::uint64_t logical_actor::open_request(caf::actor_control_block* to, platform::nanoseconds limit,
                                          detail::answer_maker make) {
  if (++asked_ % constructors_first_request == 0) throw std::length_error("a handler asks too much");
  const auto id = request_number(asked_);
  if (muted_) return id;
  requests_.open(*setup_.node->timers, address(), id, limit, make);
  if (!to) post(ctrl(), seal(detail::request_failed{id, error_code::actor_stopped}), priority::normal);
  return id;
}

void logical_actor::close_requests() {
  requests_.close_all();
  if (book_) book_->calls.clear();
}

/// Begun when the handler has returned; what runs again has begun already.
std::uint64_t logical_actor::open_call(std::string_view policy, guarded_calls::question what) {
  if (std::ranges::count(setup_.spec->policies, policy, &named_policy::name) == 0)
    throw std::logic_error("the actor's spec has no policy named \"" + std::string(policy) + "\"");
  if (++asked_ % constructors_first_request == 0) throw std::length_error("a handler asks too much");
  const auto id = request_number(asked_);
  if (!muted_) book_->wanted.push_back({id, std::string(policy), std::move(what)});
  return id;
}

void logical_actor::begin_calls() {
  for (auto& each : std::exchange(book_->wanted, {}))
    go_on(each.id, book_->calls.begin(each.id, each.policy, std::move(each.what), setup_.node->time->now()));
}

void logical_actor::go_on(std::uint64_t call, guarded_calls::step next) {
  const auto now = setup_.node->time->now();
  switch (next.what) {
  case guarded_calls::step::kind::ask: {
    const auto& question = *book_->calls.find(call);
    requests_.open(*setup_.node->timers, address(), call, next.at_ns - now, question.make);
    if (!question.to) return tell(address(), detail::request_failed{call, error_code::actor_stopped});
    return detail::deliver(question.to.get(), question.seal(address(), call));
  }
  case guarded_calls::step::kind::wait:
    return detail::deliver_later(*setup_.node->timers, std::max<std::int64_t>(next.at_ns - now, 1), address(),
                                 seal(detail::try_call{call}));
  case guarded_calls::step::kind::finish: // without a question, so the answer comes from here
    requests_.open(*setup_.node->timers, address(), call,
                   std::chrono::nanoseconds(std::chrono::hours(1)).count(), next.make);
    return tell(address(), detail::request_failed{call, next.code});
  }
}

/// Whether the handler hears of it, now that the question was answered or was not.
bool logical_actor::answer_call(std::uint64_t call, error_code how) {
  if (!book_->calls.find(call)) return true;
  auto dice = random("call");
  const auto next = book_->calls.answered(call, how, setup_.node->time->now(), dice);
  if (next.what == guarded_calls::step::kind::finish) return true;
  go_on(call, next);
  return false;
}

/// Those of an attempt that failed.
void logical_actor::forget_requests(std::uint32_t asked_before) {
  for (; asked_ > asked_before; --asked_) requests_.close(request_number(asked_));
}

void logical_actor::post_later(platform::nanoseconds delay, caf::message message) {
  if (muted_) return;
  outbox::of_this_thread().post_later(ctrl(), seal(detail::timed{timer_epoch_, std::move(message)}),
                                      std::max<std::int64_t>(delay, 1));
}

caf::strong_actor_ptr logical_actor::find(std::string_view name, std::type_index interface) const {
  const auto entry = setup_.node->peers->find(name);
  if (!entry) throw std::logic_error("no actor is named \"" + std::string(name) + "\"");
  if (entry->spec->interface != interface)
    throw std::logic_error("the actor \"" + std::string(name) + "\" has another interface");
  return entry->address;
}

supervisor_actor logical_actor::supervisor(std::string_view name) const {
  const auto found = setup_.node->peers->find_supervisor(name);
  if (!found) throw std::logic_error("no supervisor is named \"" + std::string(name) + "\"");
  return caf::actor_cast<supervisor_actor>(found);
}

} // namespace vesta
