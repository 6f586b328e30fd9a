#pragma once

#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>

#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vesta/runtime/actor.hpp"
#include "vesta/runtime/directory.hpp"

namespace vesta {

/// What a logical actor is given for life. The pointers belong to the node and outlive the actor.
struct actor_setup {
  const actor_spec* spec = nullptr;
  const directory* peers = nullptr;
  const services* lent = nullptr;
  const platform::clock* time = nullptr;
  actor_counters* counters = nullptr;
  std::uint64_t seed = 0;
  caf::strong_actor_ptr supervisor;
};

/// An address and an inbox that outlive every failure of the code behind them.
///
/// A handler that throws ends nothing: the message that it was handling is kept, later ones wait in order,
/// and the supervisor says what is to be served. What a handler sends waits in an outbox until it returns.
/// For an actor that keeps state, a checkpoint and the messages since are kept; rolling back loads the one
/// and runs the others again with the outbox muted. Which message meets which fate is told, case by case, in
/// docs/SEMANTICS.md.
class logical_actor final : public caf::event_based_actor, private context {
public:
  logical_actor(caf::actor_config& config, actor_setup setup);

  const char* name() const override { return setup_.spec->name.c_str(); }

private:
  /// A message out of CAF's hands: waiting in the inbox, or the one that the actor failed on.
  struct envelope {
    caf::message content;
    caf::response_promise promise;   ///< not pending when nobody waits for an answer
    platform::nanoseconds at_ns = 0; ///< when it was taken up
    std::uint64_t number = 0;
  };
  /// A message that was handled since the last checkpoint.
  struct input {
    caf::message content;
    platform::nanoseconds at_ns = 0;
    std::uint64_t number = 0;
  };
  struct outgoing {
    caf::strong_actor_ptr to;
    caf::message content;
    platform::nanoseconds delay = 0;
  };
  enum class mode { waiting, running, suspended, isolated, stopped };
  enum class outcome { handled, unexpected, failed };

  caf::behavior make_behavior() override;
  void receive(caf::message_view& view);
  bool obey(const caf::type_erased_tuple& content);

  void start();
  void kill(const std::string& reason);
  void stop();
  void apply(const verdict& order);
  void set_aside();
  void restart();
  void isolate();

  caf::response_promise promise();
  static void answer(caf::response_promise& to, caf::message reply);
  void take(caf::message content, caf::response_promise promise);
  outcome attempt(const caf::type_erased_tuple& content, caf::message& reply);
  bool finish(outcome how, envelope&& served, caf::message reply);
  void run_in_hand_again();
  void drain();
  void refuse(envelope& waiting, error_code code);
  void refuse_inbox(error_code code, bool requests_only);

  void fail(std::exception_ptr error, error_code otherwise, std::string message = {});
  void report(error_code code, category kind, std::string text, std::string message = {});
  void settle(remedy by);
  bool build();
  bool restore();
  void remember(envelope&& served);
  void take_checkpoint();

  platform::nanoseconds now() const override { return now_ns_; }
  platform::random_stream random(std::string_view purpose) const override;
  const std::string& actor_name() const override { return setup_.spec->name; }
  std::uint64_t incarnation() const override { return incarnation_number_; }
  void flush() override;
  const services& lent() const override { return *setup_.lent; }
  caf::strong_actor_ptr address() const override { return const_cast<logical_actor*>(this)->ctrl(); }
  void post(caf::strong_actor_ptr to, caf::message message) override;
  void post_later(platform::nanoseconds delay, caf::message message) override;
  caf::strong_actor_ptr find(std::string_view name, std::type_index interface) const override;

  const actor_setup setup_;
  mode mode_ = mode::waiting;
  std::unique_ptr<vesta::incarnation> incarnation_;
  std::uint64_t incarnation_number_ = 0;
  std::uint64_t timer_epoch_ = 0; ///< timers of an earlier one belong to a state that is gone

  std::deque<envelope> inbox_;
  std::optional<envelope> in_hand_;
  std::optional<failure> trouble_; ///< the last failure, until it is got over
  platform::nanoseconds trouble_since_ns_ = 0;
  remedy ordered_ = remedy::restart; ///< for the trouble

  std::vector<outgoing> outbox_;
  bool muted_ = false; ///< while inputs run again
  platform::nanoseconds now_ns_ = 0;
  std::uint64_t taken_up_ = 0;       ///< messages so far; numbers them from 1
  std::uint64_t message_number_ = 0; ///< of the message in hand; 0 outside a handler

  std::vector<char> checkpoint_;
  std::vector<input> inputs_; ///< handled since the checkpoint
};

} // namespace vesta
