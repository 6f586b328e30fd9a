#pragma once

#include <memory>
#include <string>
#include <vector>

#include "vesta/runtime/actor.hpp"
#include "vesta/runtime/caught.hpp"
#include "vesta/runtime/dead_letters.hpp"
#include "vesta/runtime/directory.hpp"
#include "vesta/runtime/guarded_calls.hpp"
#include "vesta/runtime/inbox_actor.hpp"
#include "vesta/runtime/input_log.hpp"
#include "vesta/runtime/outbox.hpp"
#include "vesta/runtime/pending_requests.hpp"
#include "vesta/runtime/recovery_chain.hpp"
#include "vesta/runtime/watchdog.hpp"

namespace vesta {

class checkpoint_writer;
class handler_times;

namespace detail {
/// An actor was held up for long enough.
struct hold_over {
  std::uint64_t hold = 0;
};
VESTA_MESSAGE(hold_over);

/// A call that waited may be tried.
struct try_call {
  std::uint64_t id = 0;
};
VESTA_MESSAGE(try_call);

/// A message that an actor sent to itself with a delay.
struct timed {
  std::uint64_t epoch = 0;
  caf::message content;
};
VESTA_MESSAGE(timed);
} // namespace detail

/// What a node lends all its logical actors. The pointers outlive them.
struct actor_surroundings {
  const directory* peers = nullptr;
  dead_letters* letters = nullptr;
  watchdog* watch = nullptr;
  checkpoint_writer* states = nullptr; ///< for actors that keep their state on disk
  const services* lent = nullptr;
  const platform::clock* time = nullptr;
  timer_clock* timers = nullptr;
  std::uint64_t seed = 0;
};

/// What a logical actor is given for life.
struct actor_setup {
  std::shared_ptr<const actor_spec> spec;
  const actor_surroundings* node = nullptr;
  handler_times* times = nullptr; ///< of the actors of its kind
  caf::strong_actor_ptr supervisor;
};

/// An address and an inbox that outlive every failure of the code behind them.
///
/// A handler that throws ends nothing: the message that it was handling is kept, later ones wait in order,
/// and the supervisor says what is to be served. What a handler sends waits in an outbox until it returns.
/// For an actor that keeps state, a checkpoint and the messages since are kept; rolling back loads the one
/// and runs the others again with the outbox muted. Which message meets which fate is told, case by case, in
/// docs/SEMANTICS.md.
class logical_actor final : public inbox_actor, private context {
public:
  logical_actor(caf::actor_config& config, actor_setup setup);

  const char* name() const override { return setup_.spec->name.c_str(); }
  const actor_counters& counters() const { return counters_; }

  /// Obeys on the calling thread, which runs on `unit`. False, and nothing done, when it does not wait for a
  /// message.
  bool obey_here(const end_incarnation& order, caf::execution_unit* unit) {
    return visit(unit, [&] { end(order); });
  }
  bool obey_here(const stop_actor& order, caf::execution_unit* unit) {
    return visit(unit, [&] { stop(order); });
  }
  /// Fetches it from memory, for one who will come to it soon.
  void prefetch() const {
    for (std::size_t at = 0; at < sizeof *this; at += 64)
      __builtin_prefetch(reinterpret_cast<const std::byte*>(this) + at);
  }

private:
  enum class mode : std::uint8_t {
    waiting, ///< for a start
    running,
    suspended, ///< it has failed, and awaits a verdict
    isolated,
    ended,  ///< in good order; may be started again
    stopped ///< for good
  };
  enum class outcome { handled, unexpected, failed, given_up };

  /// Messages that leave the outbox by themselves when a handler sends more than this without a flush.
  static constexpr std::size_t outbox_limit = 4096;
  /// Requests of a constructor are numbered from here; of a handler, up to here.
  static constexpr std::uint32_t constructors_first_request = 1 << 21;

  void receive(envelope_ptr& what) override;
  bool always_takes(envelope& what) override;
  void refuse_at_door(envelope_ptr what) override;
  void refuse_after_end(envelope& what) override;
  void dropped(std::size_t messages) override { overflowed(messages); }
  void overflowed(std::size_t messages);
  std::uint64_t held_up() override;
  void ended() override;
  envelope_ptr arrival(envelope_ptr what);
  envelope_ptr unpacked(envelope_ptr what);
  bool obey(envelope& what);

  void start(const start_incarnation& order);
  void end(const end_incarnation& order);
  void count_down(countdown& together);
  bool leave();
  bool has_ended() const { return mode_ == mode::ended || mode_ == mode::stopped; }
  void forget_all();
  void forget_state();
  void kill(const std::string& reason);
  void stop(const stop_actor& order);
  void apply(const verdict& order);
  void set_aside();
  void restart();
  void isolate();
  void fall_back();
  void divert(envelope_ptr what);
  void restore_and_go_on();
  void change_level(const service_level& to);
  void raise();
  void inject(const inject_fault& what);
  void trip_up(inject_fault::place here);

  bool is_free() const { return mode_ == mode::running && holders_ == 0; }
  bool holds_up() const { return setup_.spec->overflow == overflow_rule::block; }
  bool drops_oldest() const { return setup_.spec->overflow == overflow_rule::drop_oldest; }
  void take(envelope_ptr what, bool promised);
  bool make_room();
  bool drop_oldest_waiting();
  void bury_in_hand();
  void receive_otherwise(envelope_ptr& what);
  outcome attempt(envelope& what, caf::message* reply);
  outcome tripped(caught what, envelope& on);
  void drop_attempt(std::uint32_t asked_before = 0);
  void give_up(envelope& served);
  void come_back();
  void note_time(platform::nanoseconds took);
  bool serve(envelope_ptr& what);
  bool serve_numbered(envelope_ptr& what);
  bool serve_caf(envelope_ptr& what);
  bool finish(outcome how, envelope_ptr& served);
  /// Only what is kept bears its number: other cores need not hear of a write to the rest.
  void number(envelope& what) const {
    what.number = message_number_;
    what.at_ns = now_ns_;
  }
  void log_input(envelope_ptr& handled) { inputs_.add(handled, message_number_, now_ns_); }
  void run_in_hand_again();
  void drain();
  void refuse(envelope& waiting, error_code code);
  void turn_away(envelope& unknown);
  void drop_answers();
  void refuse_backlog(error_code code, bool requests_only);

  void report(caught what, std::string message = {});
  chain_choice next_choice();
  void cure_on_the_spot();
  void settle(remedy by);
  bool load_saved();
  bool build(bool first);
  bool restore();
  bool remember(envelope_ptr& served);
  void take_checkpoint();
  bool try_checkpoint();
  void save_now();

  platform::nanoseconds now() const override;
  platform::random_stream random(std::string_view purpose) const override;
  const std::string& actor_name() const override { return setup_.spec->name; }
  std::uint64_t incarnation() const override { return incarnation_number_; }
  bool runs_again() const override { return muted_; }
  void flush() override { hand_over(detail::unit_of_this_thread); }
  void hand_over(caf::execution_unit* unit) {
    if (auto& sent = outbox::of_this_thread(); sent.size() > 0) hand_over(sent, unit);
  }
  void hand_over(outbox& sent, caf::execution_unit* unit);
  void checkpoint() override {
    checkpoint_wanted_ = !muted_;
    inputs_until_look_ = 0;
  }
  void quit() override { quits_ = !muted_; }
  const services& lent() const override { return *setup_.node->lent; }
  caf::strong_actor_ptr address() const override { return const_cast<logical_actor*>(this)->ctrl(); }
  void post(caf::actor_control_block* to, envelope_ptr what, priority how) override;
  std::uint64_t open_request(caf::actor_control_block* to, platform::nanoseconds limit,
                             detail::answer_maker make) override;
  std::uint64_t request_number(std::uint32_t index) const;
  void forget_requests(std::uint32_t asked_before);
  std::uint64_t open_call(std::string_view policy, detail::repeatable_question what) override;
  void begin_calls();
  void go_on(std::uint64_t call, guarded_calls::step next);
  bool answer_call(std::uint64_t call, error_code how);
  void close_requests();
  void post_later(platform::nanoseconds delay, caf::message message) override;
  caf::strong_actor_ptr find(std::string_view name, std::type_index interface) const override;
  supervisor_actor supervisor(std::string_view name) const override;

  struct open_trouble {
    failure what; ///< the last one
    platform::nanoseconds since_ns = 0;
    chain_position position;
    chain_choice choice; ///< what the chain says
  };
  struct injected_fault {
    inject_fault what;
    std::uint64_t message_number = 0; ///< of the poison; 0: not come yet
  };
  struct call_book {
    guarded_calls calls;
    struct wanted_call {
      std::uint64_t id;
      std::string policy;
      guarded_calls::question what;
    };
    std::vector<wanted_call> wanted = {}; ///< by the handler at hand
  };

  // What a message looks at and what it writes lies behind the inbox: two cache lines.
  mode mode_ = mode::waiting;
  bool quits_ = false; ///< when the handler has returned
  bool muted_ = false; ///< while inputs run again
  const bool keeps_state_;
  std::uint32_t holders_ = 0; ///< inboxes that hold it up, since they are full
  std::unique_ptr<vesta::incarnation> incarnation_;
  watched_handlers* watched_ = nullptr; ///< for an actor with a handler_deadline
  std::unique_ptr<injected_fault> fault_;
  std::unique_ptr<call_book> book_;       ///< for an actor whose spec names policies
  std::unique_ptr<open_trouble> trouble_; ///< until it is got over
  envelope_queue backlog_;                ///< came while the actor could not serve
  /// Where a plain state is copied after each message; null: `remember` does what there is to do.
  char* plain_checkpoint_ = nullptr;

  mutable platform::nanoseconds now_ns_ = 0; ///< of the message in hand; 0 until a handler looks
  std::uint64_t taken_up_ = 0;               ///< messages so far; numbers them from 1
  std::uint64_t message_number_ = 0;         ///< of the message in hand; 0 outside a handler
  std::uint32_t asked_ = 0;                  ///< so far, for the message in hand
  /// After so many messages more there is more to do than to remember them.
  std::uint32_t inputs_until_look_ = 0;
  actor_counters counters_;

  const actor_setup setup_;
  std::uint64_t incarnation_number_ = 0;
  envelope_ptr in_hand_;               ///< the message that it failed on
  start_incarnation start_order_ = {}; ///< not answered yet
  caf::strong_actor_ptr standby_;      ///< gets what comes while this one is parked
  service_level level_ = {};
  std::vector<char> checkpoint_;
  input_log inputs_; ///< handled since then
  pending_requests requests_;
  std::uint32_t timer_epoch_ = 0;    ///< timers of an earlier one belong to a state that is gone
  std::uint32_t hold_ = 0;           ///< times that it was held up
  remedy ordered_ = remedy::restart; ///< for the trouble
  bool looks_on_disk_ = false;       ///< for a state of before this process
  bool checkpoint_wanted_ = false;   ///< when the handler has returned
  bool checkpoint_is_due_ = false;   ///< a timer is set for it
  bool has_turned_away_ = false;     ///< a message that it does not know
};

} // namespace vesta
