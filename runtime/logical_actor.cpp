#include "vesta/runtime/logical_actor.hpp"

#include <atomic>
#include <chrono>
#include <spdlog/spdlog.h>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/caught.hpp"
#include "vesta/runtime/checkpoint_writer.hpp"
#include "vesta/runtime/error_bridge.hpp"
#include "vesta/runtime/handler_times.hpp"
#include "vesta/runtime/timer_clock.hpp"

namespace vesta {
namespace {

/// Waiting messages served in one go, before others get their turn on the core.
constexpr std::size_t drain_batch = 256;

/// An actor is held up by full inboxes for no longer than this at a time.
constexpr std::chrono::seconds hold_limit{1};

/// One handler of so many has its time taken: looking at the clock costs as much as a small handler.
constexpr int measure_every = 64;

struct drain_more {};
VESTA_MESSAGE(drain_more);

void answer_caf(caf::response_promise& to, caf::message reply) {
  if (reply.empty())
    to.deliver(caf::unit);
  else
    to.deliver(std::move(reply));
}

/// What an answer that came through CAF says about its own worth.
error_code code_of_answer(const caf::message& content) {
  if (!content.match_elements<caf::error>()) return error_code::none;
  const auto code = code_of(content.get_as<caf::error>(0));
  return code == error_code::none ? error_code::actor_stopped : code;
}

std::uint64_t next_failure_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

} // namespace

logical_actor::logical_actor(caf::actor_config& config, actor_setup setup)
    : inbox_actor(config), keeps_state_(setup.spec->keeps_state), setup_(std::move(setup)) {
  inbox_limit(setup_.spec->inbox_limit, drops_oldest());
  if (holds_up()) hold_up_senders();
  if (!setup_.spec->policies.empty())
    book_ = std::make_unique<call_book>(call_book{guarded_calls(setup_.spec->policies)});
  looks_on_disk_ = setup_.spec->on_disk != nullptr;
  if (const auto deadline = setup_.spec->handler_deadline.count(); deadline > 0)
    watched_ = setup_.node->watch->add(deadline, [this](envelope& served) { give_up(served); });
}

// one message, the usual way

[[gnu::always_inline]] inline logical_actor::outcome logical_actor::attempt(envelope& what,
                                                                            caf::message* reply) {
  const bool measured = message_number_ % measure_every == 0;
  asked_ = 0;
  const auto began = measured ? platform::steady_clock().now() : 0; // a host's time may stand still
  if (watched_) watched_->enter(what);
  bool known = false;
  try {
    if (fault_) trip_up(inject_fault::place::handler);
    known = incarnation_->handle(what, reply, plain_checkpoint_);
  } catch (const std::exception& error) {
    return tripped(caught_of(error, error_code::handler_failed), what);
  } catch (...) {
    return tripped(caught_something(error_code::handler_failed), what);
  }
  if (watched_ && watched_->leave()) return outcome::given_up;
  if (!known) return outcome::unexpected;
  count_up(counters_.handled);
  if (measured) note_time(platform::steady_clock().now() - began);
  hand_over(caf::local_actor::context());
  if (book_) begin_calls();
  return outcome::handled;
}

/// Remembers and reports after an attempt. False when the actor can go no further.
[[gnu::always_inline]] inline bool logical_actor::finish(outcome how, envelope_ptr& served) {
  if (how == outcome::handled) {
    if (quits_) [[unlikely]] // written only then: the next message reads what lies around it in one load
      return leave();
    if (inputs_until_look_ == 0) return plain_checkpoint_ || !keeps_state_ || remember(served);
    --inputs_until_look_;
    log_input(served);
    return true;
  }
  if (how == outcome::unexpected) {
    if (!obey(*served)) turn_away(*served);
    return mode_ == mode::running;
  }
  number(*served);
  in_hand_ = std::move(served);
  if (how == outcome::given_up) come_back();
  return false;
}

/// False when the actor can go no further. What is kept of the message is taken out, as below.
[[gnu::always_inline]] inline bool logical_actor::serve_numbered(envelope_ptr& what) {
  if (!what->type && what->is_request()) return serve_caf(what);
  return finish(attempt(*what, nullptr), what);
}

inline bool logical_actor::serve(envelope_ptr& what) {
  message_number_ = ++taken_up_;
  now_ns_ = 0;
  return serve_numbered(what);
}

void logical_actor::receive(envelope_ptr& what) {
  if (!is_free() || !backlog_.empty() || !what->type || what->type->request) return receive_otherwise(what);
  serve(what);
  if (trouble_) cure_on_the_spot();
}

/// What is no plain message, or comes while such could not be served.
void logical_actor::receive_otherwise(envelope_ptr& what) {
  const bool free = is_free() && backlog_.empty();
  const bool promised = !free && always_takes(*what);
  if (what->type && what->type->request) what = arrival(std::move(what));
  if (free && what && !what->type) what = unpacked(std::move(what));
  if (!what) return;
  if (free)
    serve(what);
  else if (!obey(*what))
    take(std::move(what), promised);
  if (trouble_) cure_on_the_spot();
}

/// A timer's message, when it is to be served; null for one of a state that is gone.
envelope_ptr logical_actor::unpacked(envelope_ptr what) {
  const auto* due = what->type ? nullptr : what->as<detail::timed>();
  if (!due) return what;
  if (due->epoch != timer_epoch_) return {};
  return seal(foreign_message{due->content, {}});
}

/// Makes an answer what its asker knows; null for one that nobody waits for any more.
envelope_ptr logical_actor::arrival(envelope_ptr what) {
  if (what->is_request()) return what;
  const auto id = what->type->request->id(what->content());
  const auto make = requests_.close(id);
  if (!make) return {};
  const auto* failed = what->as<detail::request_failed>();
  const auto* foreign = what->as<detail::foreign_answer>();
  const auto code = failed ? failed->code : foreign ? code_of_answer(foreign->content) : error_code::none;
  if (book_ && !answer_call(id, code)) return {};
  return failed || foreign ? make(id, code, foreign ? &foreign->content : nullptr) : std::move(what);
}

/// What was promised to come, and orders.
bool logical_actor::always_takes(envelope& what) {
  if (what.type && what.type->request) return !what.is_request();
  return what.as<detail::timed>() || what.as<verdict>() || what.as<start_incarnation>() ||
         what.as<end_incarnation>() || what.as<stop_actor>() || what.as<save_checkpoint>() ||
         what.as<detail::try_call>() || what.as<detail::hold_over>() || what.as<room_again>();
}

void logical_actor::refuse_at_door(envelope_ptr what) {
  if (inbox_is_shut()) return refuse(*what, error_code::actor_isolated);
  overflowed(1);
  what->decline(error_code::mailbox_full);
}

/// The first is told: who sends does not hear of it.
void logical_actor::overflowed(std::size_t messages) {
  if (counters_.overflowed.fetch_add(messages, std::memory_order_relaxed) > 0) return;
  spdlog::log(spdlog::level::warn,
              "the inbox of actor \"" + setup_.spec->name +
                  "\" is full, and messages are lost: they come faster than they are handled, or its "
                  "inbox_limit is too low; node::counters() counts them");
}

void logical_actor::ended() {
  incarnation_.reset();
  standby_.reset();
  mode_ = mode::stopped;
  bury_in_hand();
  backlog_.clear();
  inputs_.clear();
  checkpoint_ = {};
  plain_checkpoint_ = nullptr;
  close_requests();
  if (watched_) setup_.node->watch->remove(std::exchange(watched_, nullptr));
}

void logical_actor::refuse_after_end(envelope& what) { refuse(what, error_code::actor_stopped); }

bool logical_actor::obey(envelope& what) {
  if (const auto* order = what.as<verdict>()) {
    apply(*order);
  } else if (const auto* death = what.as<kill_incarnation>()) {
    kill(death->reason);
  } else if (const auto* birth = what.as<start_incarnation>()) {
    start(*birth);
  } else if (const auto* leave = what.as<end_incarnation>()) {
    end(*leave);
  } else if (const auto* end = what.as<stop_actor>()) {
    stop(*end);
  } else if (const auto* fault = what.as<inject_fault>()) {
    inject(*fault);
  } else if (what.as<save_checkpoint>()) {
    save_now();
  } else if (const auto* call = what.as<detail::try_call>()) {
    if (book_ && book_->calls.find(call->id))
      go_on(call->id, book_->calls.attempt(call->id, setup_.node->time->now()));
  } else if (what.as<raise_level>()) {
    raise();
  } else if (const auto* room = what.as<room_again>()) {
    if (room->number == hold_ && holders_ > 0 && --holders_ == 0) drain();
  } else if (const auto* over = what.as<detail::hold_over>()) {
    if (over->hold == hold_ && std::exchange(holders_, 0) > 0) drain();
  } else if (what.as<drain_more>()) {
    drain();
  } else {
    return what.as<nudge>() != nullptr;
  }
  return true;
}

// one message

void logical_actor::take(envelope_ptr what, bool promised) {
  if (has_ended() && what->as<detail::timed>()) return;
  if (has_ended()) return refuse(*what, error_code::actor_stopped);
  if (mode_ == mode::isolated && standby_) return divert(std::move(what));
  if (mode_ == mode::isolated && what->is_request()) return refuse(*what, error_code::actor_isolated);
  if (backlog_.size() >= setup_.spec->inbox_limit && !promised && !make_room())
    return refuse(*what, error_code::mailbox_full);
  backlog_.push(std::move(what));
  if (is_free() && backlog_.size() == 1) drain();
}

bool logical_actor::make_room() {
  if (!holds_up() || mode_ == mode::isolated) return drop_oldest_waiting();
  narrow_inbox(true);
  return true;
}

/// Since a receiver has no room. What it should handle waits, so that its own senders are held up in turn.
std::uint64_t logical_actor::held_up() {
  if (holders_++ > 0) return hold_;
  detail::deliver_later(*setup_.node->timers, std::chrono::nanoseconds(hold_limit).count(), address(),
                        seal(detail::hold_over{++hold_}));
  return hold_;
}

/// Makes room for one. What waits here was let in already; only questions and answers are told from the rest.
bool logical_actor::drop_oldest_waiting() {
  if (!drops_oldest()) return false;
  const auto gone = backlog_.remove_first(
      [](envelope& each) { return each.type ? !each.type->request : !each.is_request(); });
  if (gone) dropped(1);
  return gone != nullptr;
}

/// The failure says why.
void logical_actor::bury_in_hand() {
  if (!in_hand_) return;
  dead_letter about{.at_ns = setup_.node->time->now(), .actor = setup_.spec->name};
  if (trouble_) {
    about.code = trouble_->what.code;
    about.text = trouble_->what.text;
  }
  setup_.node->letters->add(std::move(about), std::move(in_hand_));
}

/// The handler has thrown.
logical_actor::outcome logical_actor::tripped(caught what, envelope& on) {
  if (watched_ && watched_->leave()) return outcome::given_up;
  drop_attempt();
  report(std::move(what), on.name());
  return outcome::failed;
}

/// What it has sent, and asked beyond those.
void logical_actor::drop_attempt(std::uint32_t asked_before) {
  outbox::of_this_thread().clear();
  forget_requests(asked_before);
  if (book_) book_->wanted.clear();
  quits_ = checkpoint_wanted_ = false;
}

void logical_actor::note_time(platform::nanoseconds took) {
  setup_.times->add(took);
  count_up(counters_.busy_ns, took * measure_every);
  if (took > counters_.slowest_ns.load(std::memory_order_relaxed))
    counters_.slowest_ns.store(took, std::memory_order_relaxed);
}

/// A question that came through CAF has its answer from here.
bool logical_actor::serve_caf(envelope_ptr& what) {
  caf::message reply;
  const auto how = attempt(*what, &reply);
  if (how == outcome::handled) answer_caf(what->foreign().promise, std::move(reply));
  return finish(how, what);
}

void logical_actor::run_in_hand_again() {
  auto again = std::move(in_hand_);
  message_number_ = again->number;
  now_ns_ = again->at_ns;
  mode_ = mode::running;
  if (!serve_numbered(again)) return;
  settle(ordered_);
  drain();
}

void logical_actor::drain() {
  for (std::size_t n = 0; n < drain_batch && is_free() && !backlog_.empty(); ++n) {
    share_next();
    if (auto next = unpacked(backlog_.pop())) serve(next);
  }
  if (holds_up() && backlog_.size() <= setup_.spec->inbox_limit / 2) narrow_inbox(false);
  if (is_free() && !backlog_.empty()) tell(address(), drain_more{}, priority::urgent);
}

void logical_actor::refuse(envelope& waiting, error_code code) {
  counters_.refused.fetch_add(1, std::memory_order_relaxed);
  waiting.decline(code);
}

/// What no handler is there for. The first one is told; it is a mistake in the program.
void logical_actor::turn_away(envelope& unknown) {
  if (!std::exchange(has_turned_away_, true))
    spdlog::log(spdlog::level::warn,
                "actor \"" + setup_.spec->name + "\" has no handler for " + unknown.name() +
                    ", which is refused, as all that it does not know; write one, and name the message in "
                    "the interface or in own_messages");
  refuse(unknown, error_code::unexpected_message);
}

/// Those that wait, for a state that is gone.
void logical_actor::drop_answers() {
  while (backlog_.remove_first(
      [](envelope& each) { return each.type && each.type->request && !each.is_request(); })) {
  }
}

void logical_actor::refuse_backlog(error_code code, bool requests_only) {
  for (auto left = backlog_.size(); left > 0; --left) {
    auto waiting = backlog_.pop();
    if (requests_only && !waiting->is_request())
      backlog_.push(std::move(waiting));
    else
      refuse(*waiting, code);
  }
}

// a handler that does not return

/// On the watchdog's thread, while the actor's is in the handler. All but its incarnation, outbox and
/// requests is this thread's until `leave` returns.
void logical_actor::give_up(envelope& served) {
  shut_inbox(true);
  const auto refuse_question = [this](envelope& each) {
    const bool asks = each.is_request();
    if (asks) refuse(each, error_code::actor_isolated);
    return asks;
  };
  refuse_question(served);
  refuse_backlog(error_code::actor_isolated, true);
  sweep_inbox(refuse_question);
  const auto limit = std::chrono::duration<double>(setup_.spec->handler_deadline).count();
  report({error_code::handler_stuck, category::runtime,
          "a handler has run for longer than " + std::to_string(limit) + " s"},
         served.name());
}

/// After such a handler: the actor stays isolated until it is released.
void logical_actor::come_back() {
  incarnation_.reset();
  drop_attempt();
  mode_ = mode::isolated;
  bury_in_hand();
  settle(remedy::isolate);
  shut_inbox(false);
}

// failure

void logical_actor::report(caught what, std::string message) {
  const auto now = setup_.node->time->now();
  if (!trouble_) trouble_ = std::make_unique<open_trouble>(open_trouble{.since_ns = now});
  trouble_->what = {.id = next_failure_id(),
                    .at_ns = now,
                    .actor = setup_.spec->name,
                    .incarnation = incarnation_number_,
                    .code = what.code,
                    .kind = what.kind,
                    .level = severity::error,
                    .message = std::move(message),
                    .message_number = message_number_,
                    .text = std::move(what.text)};
  trouble_->choice = next_choice();
  mode_ = mode::suspended;
  count_up(counters_.failures);
  tell(setup_.supervisor, child_failed{trouble_->what, trouble_->choice});
}

chain_choice logical_actor::next_choice() {
  const auto& spec = *setup_.spec;
  if (spec.restart == restart_kind::temporary) return {remedy::stop};
  if (trouble_->what.code == error_code::handler_stuck) return {remedy::isolate}; // as its watchdog has it
  const bool pauses =
      std::ranges::any_of(spec.chain, [](const auto& step) { return step.pause.count() > 0; });
  const auto chance = pauses ? random("jitter").unit() : 0;
  return next_remedy(spec.chain, trouble_->position, trouble_->what, abilities_of(spec), chance);
}

/// What needs no decision of anybody's. Each cure may lead to the next failure.
void logical_actor::cure_on_the_spot() {
  while (trouble_ && std::exchange(trouble_->choice.on_the_spot, false))
    apply({trouble_->what.id, trouble_->choice.action});
}

void logical_actor::settle(remedy by) {
  if (!trouble_) return;
  count_up(counters_.recovered);
  tell(setup_.supervisor,
       recovered{trouble_->what.id, setup_.spec->name, by, setup_.node->time->now() - trouble_->since_ns});
  trouble_.reset();
}

} // namespace vesta
