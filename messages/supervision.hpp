#pragma once

// What logical actors and their supervisors tell each other.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "vesta/messages/errors.hpp"
#include "vesta/messages/message.hpp"

namespace vesta {

enum class category : std::uint8_t {
  compilation,
  runtime,
  memory,
  network,
  io,
  performance,
  security,
  resource,
  configuration,
  unknown
};
enum class severity : std::uint8_t { info, warning, error, critical, fatal };

std::string to_string(category value);
std::string to_string(severity value);

/// The record of one failure.
struct failure {
  std::uint64_t id = 0;   ///< unique in this process
  std::int64_t at_ns = 0; ///< steady clock, when it was noticed
  std::string actor;
  std::uint64_t incarnation = 0; ///< of the actor, counted from 1
  error_code code = error_code::none;
  category kind = category::unknown;
  severity level = severity::error;
  std::string message;              ///< type of the message in hand; empty when there was none
  std::uint64_t message_number = 0; ///< of the message in hand, counted by the actor; 0 when there was none
  std::string text;                 ///< what was thrown, or what happened
};
VESTA_SHARED_MESSAGE(failure);

/// "fire failed on step: it burns", "fire failed to start: ..." or, with no message in hand, "fire failed:
/// ..."
std::string what_happened(const failure& what);

/// A step of a recovery chain.
enum class remedy : std::uint8_t {
  retry,      ///< run the message again
  rollback,   ///< put the state back and run it again
  set_aside,  ///< go on without that message
  restart,    ///< replace the incarnation
  isolate,    ///< park the actor
  escalate,   ///< ask the parent
  stop,       ///< end the actor
  fallback,   ///< park the actor, and its standby gets what waits for it and what comes
  scale_down, ///< put the state back and run the message again, with half the load
  degrade     ///< put the state back and run the message again, with one feature less
};
inline constexpr std::size_t remedy_count = 10;
std::string to_string(remedy value);

/// How much an actor is asked to do; see `actor_spec::features`.
struct service_level {
  double load = 1;                ///< share of its usual work, above 0
  std::uint32_t features_off = 0; ///< so many of its features, from the first on
  bool operator==(const service_level&) const = default;
};

/// A supervisor's answer to a failure; the actor ignores one whose failure is not its current one.
struct verdict {
  std::uint64_t failure_id = 0;
  remedy action = remedy::restart;
};
VESTA_SHARED_MESSAGE(verdict);

/// The message on which an actor had failed was handled after all, or the actor went on without it.
struct recovered {
  std::uint64_t failure_id = 0;
  std::string actor;
  remedy by = remedy::restart;
  std::int64_t took_ns = 0; ///< from the failure's notice to the next message served
};
VESTA_SHARED_MESSAGE(recovered);

/// Ends the actor's incarnation as a crash would; its address, inbox and checkpoint stay.
struct kill_incarnation {
  std::string reason;
};
VESTA_LOCAL_MESSAGE(kill_incarnation);

/// Builds the first incarnation, or the next one of an actor that has ended or is isolated. By hand (order 0)
/// it leaves an actor alone that awaits its supervisor's verdict.
struct start_incarnation {
  std::uint64_t order = 0;
  bool tell = false; ///< answer with `incarnation_started`
};
VESTA_LOCAL_MESSAGE(start_incarnation);

struct incarnation_started {
  std::string actor;
  std::uint64_t order = 0;
};
VESTA_LOCAL_MESSAGE(incarnation_started);

/// Makes an actor fail on purpose, for drills and tests.
struct inject_fault {
  enum class place : std::uint8_t {
    handler, ///< the next `times` attempts at messages fail
    message, ///< the next message fails each time that it is tried: poison
    start,   ///< the incarnation ends, and its next `times` starts fail
    stall    ///< the next `times` attempts at messages first keep their core busy for `stall_ns`
  };
  place where = place::handler;
  std::uint32_t times = 1;           ///< 0: none
  category kind = category::runtime; ///< of the failures
  std::int64_t stall_ns = 0;         ///< steady clock
};
VESTA_LOCAL_MESSAGE(inject_fault);

/// A message without any effect, for a fault to happen on in an actor that nobody writes to.
struct nudge {};
VESTA_MESSAGE(nudge);

/// One step back up from what `scale_down` and `degrade` have taken: the features first, then the load.
struct raise_level {};
VESTA_LOCAL_MESSAGE(raise_level);

/// Takes a checkpoint, if there is something new.
struct save_checkpoint {};
VESTA_MESSAGE(save_checkpoint);

/// How many of a supervisor's children have yet to end, for those that all end together: the last one says
/// `all_ended`, and no other says anything. The supervisor's, which outlives its children.
struct countdown {
  std::atomic<std::size_t> left{0};
  std::uint64_t number = 0;
};

struct all_ended {
  std::uint64_t number = 0; ///< of the countdown
};
VESTA_LOCAL_MESSAGE(all_ended);

/// Ends the incarnation in good order, after the message in hand. Its address stays, and so does what waits
/// for it if it may come back; else waiting and later messages are refused with `actor_stopped`.
struct end_incarnation {
  std::uint64_t order = 0; ///< answered with `incarnation_ended`, unless 0
  bool comes_back = false;
  std::uint64_t child = 0; ///< comes back with the answer
  /// With others, and without an answer; may be null. It changes nothing for one that was started by a later
  /// order.
  countdown* together = nullptr;
};
VESTA_LOCAL_MESSAGE(end_incarnation);

struct incarnation_ended {
  std::string actor;       ///< where the order is 0
  std::uint64_t order = 0; ///< 0: of its own accord, in good order
  std::uint64_t child = 0; ///< as the order said
};
VESTA_LOCAL_MESSAGE(incarnation_ended);

/// Ends the actor in good order and for good: what waits is handled first, later messages are answered with
/// actor_stopped.
struct stop_actor {
  std::uint64_t child = 0;       ///< comes back with the answer
  countdown* together = nullptr; ///< with others, and without an answer; may be null
};
VESTA_LOCAL_MESSAGE(stop_actor);

/// The last word of a logical actor to its supervisor.
struct actor_stopped_event {
  std::uint64_t child = 0; ///< as the order said
};
VESTA_LOCAL_MESSAGE(actor_stopped_event);

/// What a supervisor's parent, and at the root the subscriber, hears when a chain is exhausted.
struct escalation {
  failure cause;
  std::string supervisor;
  std::vector<std::string> path; ///< the supervisors that gave up, the innermost first
};
VESTA_SHARED_MESSAGE(escalation);

} // namespace vesta
