#include "vesta/runtime/logical_actor.hpp"

#include <caf/mailbox_element.hpp>

#include <atomic>
#include <new>
#include <system_error>

#include "vesta/runtime/error_bridge.hpp"
#include "vesta/runtime/prelude.hpp"

namespace vesta {
namespace {

/// Messages that leave the outbox by themselves when a handler sends more than this without a flush.
constexpr std::size_t outbox_limit = 4096;
/// Waiting messages served in one go, before others get their turn on the core.
constexpr std::size_t drain_batch = 256;

/// A message that an actor sent to itself with a delay.
struct timed {
  std::uint64_t epoch = 0;
  caf::message content;
};
VESTA_MESSAGE(timed);

struct drain_more {};
VESTA_MESSAGE(drain_more);

std::uint64_t next_failure_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

/// The name that VESTA_MESSAGE gave the type.
std::string type_name(const caf::type_erased_tuple& content) {
  const auto text = content.stringify(0);
  return text.substr(0, text.find('('));
}

template <class T>
const T* as(const caf::type_erased_tuple& content) {
  return content.match_elements<T>() ? static_cast<const T*>(content.get(0)) : nullptr;
}

} // namespace

logical_actor::logical_actor(caf::actor_config& config, actor_setup setup)
    : caf::event_based_actor(config), setup_(std::move(setup)) {}

caf::behavior logical_actor::make_behavior() {
  // CAF matches patterns; this actor dispatches by itself, so everything goes through the default handler.
  // The one pattern keeps CAF from ending an actor without behaviour.
  set_default_handler([this](caf::scheduled_actor*, caf::message_view& view) -> caf::result<caf::message> {
    receive(view);
    return caf::delegated<caf::message>{}; // an empty message would be sent back as an answer, even to who
                                           // did not ask
  });
  set_error_handler([](caf::error&) {}); // CAF's own would end the actor for somebody else's error
  return {[this](drain_more) { drain(); }};
}

void logical_actor::receive(caf::message_view& view) {
  if (obey(view.content())) return;
  if (const auto* due = as<timed>(view.content())) {
    if (due->epoch == timer_epoch_ && mode_ != mode::stopped) take(due->content, {});
    return;
  }
  if (mode_ != mode::running || !inbox_.empty()) return take(view.move_content_to_message(), promise());

  // The usual case: no copy, no allocation. The content moves only if it has to be kept.
  now_ns_ = setup_.time->now();
  message_number_ = ++taken_up_;
  caf::message reply;
  const auto how = attempt(view.content(), reply);
  if (how == outcome::handled && !incarnation_->keeps_state()) {
    if (auto waiting = promise(); waiting.pending()) answer(waiting, std::move(reply));
    return;
  }
  auto waiting = promise();
  finish(how, {view.move_content_to_message(), std::move(waiting), now_ns_, message_number_},
         std::move(reply));
}

/// Pending for a request alone: who merely sent something hears nothing, neither a result nor an error.
caf::response_promise logical_actor::promise() {
  return current_mailbox_element()->mid.is_request() ? make_response_promise() : caf::response_promise{};
}

void logical_actor::answer(caf::response_promise& to, caf::message reply) {
  if (reply.empty())
    to.deliver(caf::unit);
  else
    to.deliver(std::move(reply));
}

bool logical_actor::obey(const caf::type_erased_tuple& content) {
  if (const auto* order = as<verdict>(content)) {
    apply(*order);
  } else if (const auto* death = as<kill_incarnation>(content)) {
    kill(death->reason);
  } else if (as<start_incarnation>(content)) {
    start();
  } else if (as<stop_actor>(content)) {
    stop();
  } else {
    return false;
  }
  return true;
}

// orders

void logical_actor::start() {
  if (mode_ != mode::waiting && mode_ != mode::isolated) return; // a stop is final, even one that came first
  restart();
}

void logical_actor::kill(const std::string& reason) {
  if (mode_ != mode::running) return;
  incarnation_.reset();
  message_number_ = 0;
  report(error_code::incarnation_killed, category::runtime, reason);
}

void logical_actor::stop() {
  if (mode_ == mode::stopped) return;
  incarnation_.reset();
  mode_ = mode::stopped;
  if (in_hand_) refuse(*in_hand_, error_code::actor_stopped);
  in_hand_.reset();
  refuse_inbox(error_code::actor_stopped, false);
  tell(setup_.supervisor, actor_stopped_event{setup_.spec->name});
}

void logical_actor::apply(const verdict& order) {
  const bool forced = order.failure_id == 0; // the whole group restarts
  if (mode_ == mode::stopped || (!forced && (mode_ != mode::suspended || trouble_->id != order.failure_id)))
    return;
  ordered_ = order.action;
  const bool can_go_on = in_hand_ && incarnation_;
  switch (order.action) {
  case remedy::retry:
    return can_go_on ? run_in_hand_again() : restart();
  case remedy::rollback:
    if (!can_go_on) return restart();
    return restore() ? run_in_hand_again() : void();
  case remedy::set_aside:
    return set_aside();
  case remedy::restart:
    return restart();
  case remedy::stop:
    return stop();
  case remedy::isolate:
  case remedy::escalate:
    return isolate();
  }
}

/// Goes on without the message: the answer to poison.
void logical_actor::set_aside() {
  if (in_hand_) refuse(*in_hand_, error_code::message_set_aside);
  in_hand_.reset();
  if (!incarnation_ || (incarnation_->keeps_state() && !restore())) return restart();
  mode_ = mode::running;
  settle(remedy::set_aside);
  drain();
}

void logical_actor::restart() {
  incarnation_.reset(); // ends before the next one begins
  const bool goes_on = !checkpoint_.empty();
  if (!build() || (goes_on && !restore())) return;
  mode_ = mode::running;
  if (in_hand_) return run_in_hand_again();
  settle(remedy::restart);
  drain();
}

void logical_actor::isolate() {
  incarnation_.reset();
  mode_ = mode::isolated;
  if (in_hand_) refuse(*in_hand_, error_code::message_set_aside);
  in_hand_.reset();
  settle(remedy::isolate);
  refuse_inbox(error_code::actor_isolated, true);
}

// one message

void logical_actor::take(caf::message content, caf::response_promise promise) {
  envelope waiting{std::move(content), std::move(promise)};
  if (mode_ == mode::stopped) return refuse(waiting, error_code::actor_stopped);
  if (mode_ == mode::isolated && waiting.promise.pending())
    return refuse(waiting, error_code::actor_isolated);
  if (inbox_.size() >= setup_.spec->inbox_limit) return refuse(waiting, error_code::mailbox_full);
  inbox_.push_back(std::move(waiting));
  if (mode_ == mode::running && inbox_.size() == 1) drain();
}

logical_actor::outcome logical_actor::attempt(const caf::type_erased_tuple& content, caf::message& reply) {
  auto how = outcome::handled;
  const auto began = setup_.time->now();
  try {
    if (!incarnation_->handle(content, reply)) how = outcome::unexpected;
  } catch (...) {
    outbox_.clear();
    fail(std::current_exception(), error_code::handler_failed, type_name(content));
    return outcome::failed;
  }
  const auto took = setup_.time->now() - began;
  count(setup_.counters->handled);
  setup_.counters->busy_ns.store(setup_.counters->busy_ns.load(std::memory_order_relaxed) + took,
                                 std::memory_order_relaxed);
  if (took > setup_.counters->slowest_ns.load(std::memory_order_relaxed))
    setup_.counters->slowest_ns.store(took, std::memory_order_relaxed);
  flush();
  return how;
}

/// Answers, remembers and reports after an attempt. False when the actor can go no further.
bool logical_actor::finish(outcome how, envelope&& served, caf::message reply) {
  if (how == outcome::failed) {
    in_hand_ = std::move(served);
    return false;
  }
  if (how == outcome::unexpected) {
    refuse(served, error_code::unexpected_message);
  } else {
    if (served.promise.pending()) answer(served.promise, std::move(reply));
    remember(std::move(served));
  }
  return true;
}

void logical_actor::run_in_hand_again() {
  auto again = std::move(*in_hand_);
  in_hand_.reset();
  now_ns_ = again.at_ns;
  message_number_ = again.number;
  mode_ = mode::running;
  caf::message reply;
  const auto how = attempt(again.content, reply);
  if (!finish(how, std::move(again), std::move(reply))) return;
  settle(ordered_);
  drain();
}

void logical_actor::drain() {
  for (std::size_t n = 0; n < drain_batch && mode_ == mode::running && !inbox_.empty(); ++n) {
    auto next = std::move(inbox_.front());
    inbox_.pop_front();
    next.at_ns = now_ns_ = setup_.time->now();
    next.number = message_number_ = ++taken_up_;
    caf::message reply;
    const auto how = attempt(next.content, reply);
    finish(how, std::move(next), std::move(reply));
  }
  if (mode_ == mode::running && !inbox_.empty()) tell(address(), drain_more{});
}

void logical_actor::refuse(envelope& waiting, error_code code) {
  count(setup_.counters->refused);
  if (waiting.promise.pending()) waiting.promise.deliver(to_caf(code));
}

void logical_actor::refuse_inbox(error_code code, bool requests_only) {
  std::erase_if(inbox_, [&](envelope& waiting) {
    if (requests_only && !waiting.promise.pending()) return false;
    refuse(waiting, code);
    return true;
  });
}

// failure and state

void logical_actor::fail(std::exception_ptr error, error_code otherwise, std::string message) {
  try {
    std::rethrow_exception(error);
  } catch (const actor_error& e) {
    report(e.code(), e.kind(), e.what(), std::move(message));
  } catch (const std::bad_alloc&) {
    report(otherwise, category::memory, "out of memory", std::move(message));
  } catch (const std::system_error& e) {
    report(otherwise, category::io, e.what(), std::move(message));
  } catch (const std::exception& e) {
    report(otherwise, category::runtime, e.what(), std::move(message));
  } catch (...) {
    report(otherwise, category::unknown, "something that is not a std::exception was thrown",
           std::move(message));
  }
}

void logical_actor::report(error_code code, category kind, std::string text, std::string message) {
  const auto now = setup_.time->now();
  if (!trouble_) trouble_since_ns_ = now;
  trouble_ = failure{.id = next_failure_id(),
                     .at_ns = now,
                     .actor = setup_.spec->name,
                     .incarnation = incarnation_number_,
                     .code = code,
                     .kind = kind,
                     .level = severity::error,
                     .message = std::move(message),
                     .message_number = message_number_,
                     .text = std::move(text)};
  mode_ = mode::suspended;
  count(setup_.counters->failures);
  tell(setup_.supervisor, *trouble_);
}

void logical_actor::settle(remedy by) {
  if (!trouble_) return;
  tell(setup_.supervisor,
       recovered{trouble_->id, setup_.spec->name, by, setup_.time->now() - trouble_since_ns_});
  trouble_.reset();
}

/// Makes the next incarnation. One that goes on from a checkpoint keeps its timers, and what its constructor
/// sends is dropped, since the first one has sent it; one that begins anew loses the old timers.
bool logical_actor::build() {
  const bool goes_on = !checkpoint_.empty();
  ++incarnation_number_;
  if (!goes_on) ++timer_epoch_;
  muted_ = goes_on;
  message_number_ = in_hand_ ? in_hand_->number : 0;
  now_ns_ = setup_.time->now();
  try {
    incarnation_ = setup_.spec->make(*this);
    muted_ = false;
    flush();
    if (incarnation_->keeps_state() && !goes_on) take_checkpoint();
    return true;
  } catch (...) {
    muted_ = false;
    outbox_.clear();
    incarnation_.reset();
    fail(std::current_exception(), error_code::start_failed);
    return false;
  }
}

/// Puts the state back to where it was before the message in hand: the checkpoint, then the inputs since.
bool logical_actor::restore() {
  muted_ = true;
  try {
    incarnation_->load(checkpoint_);
    for (const auto& again : inputs_) {
      now_ns_ = again.at_ns;
      message_number_ = again.number;
      caf::message reply;
      incarnation_->handle(again.content, reply);
    }
    muted_ = false;
    return true;
  } catch (...) {
    // The handlers do not depend on state and message alone, so the past cannot be had back: begin from the
    // checkpoint.
    muted_ = false;
    inputs_.clear();
    message_number_ = in_hand_ ? in_hand_->number : 0;
    fail(std::current_exception(), error_code::handler_failed);
    return false;
  }
}

void logical_actor::remember(envelope&& served) {
  if (!incarnation_->keeps_state()) return;
  inputs_.push_back({std::move(served.content), served.at_ns, served.number});
  if (inputs_.size() >= setup_.spec->checkpoint_every) take_checkpoint();
}

void logical_actor::take_checkpoint() {
  checkpoint_ = incarnation_->save();
  inputs_.clear();
}

// what the handlers see

platform::random_stream logical_actor::random(std::string_view purpose) const {
  return platform::random_stream(setup_.seed ^ (message_number_ * 0x9E3779B97F4A7C15ULL), setup_.spec->name,
                                 purpose);
}

void logical_actor::flush() {
  count(setup_.counters->sent, outbox_.size());
  for (auto& out : outbox_) {
    auto* core = caf::local_actor::context();
    if (out.delay == 0) {
      out.to->enqueue(ctrl(), caf::make_message_id(), std::move(out.content), core);
    } else {
      auto& clock = system().clock();
      clock.schedule_message(
          clock.now() + std::chrono::nanoseconds(out.delay), std::move(out.to),
          caf::make_mailbox_element(ctrl(), caf::make_message_id(), {}, std::move(out.content)));
    }
  }
  outbox_.clear();
}

void logical_actor::post(caf::strong_actor_ptr to, caf::message message) {
  if (muted_ || !to) return;
  outbox_.push_back({std::move(to), std::move(message)});
  if (outbox_.size() > outbox_limit) flush();
}

void logical_actor::post_later(platform::nanoseconds delay, caf::message message) {
  if (muted_) return;
  outbox_.push_back(
      {ctrl(), caf::make_message(timed{timer_epoch_, std::move(message)}), std::max<std::int64_t>(delay, 1)});
}

caf::strong_actor_ptr logical_actor::find(std::string_view name, std::type_index interface) const {
  const auto* entry = setup_.peers->find(name);
  if (!entry) throw std::logic_error("no actor is named \"" + std::string(name) + "\"");
  if (entry->interface != interface)
    throw std::logic_error("the actor \"" + std::string(name) + "\" has another interface");
  return entry->address;
}

} // namespace vesta
