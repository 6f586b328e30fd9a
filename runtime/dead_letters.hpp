#pragma once

#include <caf/message.hpp>

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "vesta/messages/errors.hpp"
#include "vesta/runtime/envelope.hpp"

namespace vesta {

class directory;

/// A message that its actor has gone on without, and why.
struct dead_letter {
  std::uint64_t id = 0;            ///< unique in the node, counted from 1
  platform::nanoseconds at_ns = 0; ///< by the actors' clock, when it was set aside
  std::string actor;
  std::string message;              ///< its type
  std::uint64_t message_number = 0; ///< counted by the actor
  error_code code = error_code::none;
  std::string text;     ///< the failure's
  caf::message content; ///< empty for a VESTA_LOCAL_MESSAGE, which CAF never sees
};

/// The content as text; the type's name where there is no content.
std::string content_text(const dead_letter& letter);

/// The messages of a node that were set aside: those on which an actor had failed when its supervisor chose
/// to set the message aside, to isolate the actor or to stop it. They can be listed, and sent again once the
/// cause is gone. What an actor refuses, or has no room for, never gets here: its sender hears of it.
///
/// Bounded: the oldest goes first, and is counted. Thread-safe.
class dead_letters {
public:
  /// Keeps `most` of them; `actors` outlives this.
  dead_letters(const directory& actors, std::size_t most) : actors_(actors), most_(most) {}

  /// Takes the message over; whoever asked is to be told by the caller. Returns the letter's id, which the
  /// store sets, as it sets type, number and content.
  std::uint64_t add(dead_letter about, envelope_ptr what);

  /// The oldest first.
  std::vector<dead_letter> list() const;
  std::size_t size() const;
  /// Those that went because there were too many.
  std::uint64_t lost() const;

  /// Sends it to its actor once more, as a new message to which nobody waits for an answer, and takes it out.
  /// The actor treats it as any other: one that has stopped drops it. False when there is no such letter.
  bool replay(std::uint64_t id);
  /// False when there is no such letter.
  bool discard(std::uint64_t id);

private:
  struct kept {
    dead_letter about;
    envelope_ptr what;
  };
  kept take(std::uint64_t id);

  const directory& actors_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::deque<kept> kept_; ///< by id
  std::uint64_t last_id_ = 0;
  std::uint64_t lost_ = 0;
};

} // namespace vesta
