#pragma once

#include <caf/duration.hpp>
#include <caf/error.hpp>
#include <caf/message.hpp>
#include <caf/scoped_actor.hpp>

namespace vesta::detail {

/// A question on its way from a thread that is no actor, as CAF's own would be; compiled once for all types
/// of question and answer. Used on that thread.
class outside_question {
public:
  /// Sends it. An address that is invalid is a receiver that is gone.
  outside_question(caf::actor_system& system, const caf::strong_actor_ptr& to, caf::message question,
                   caf::duration limit);

  struct outcome {
    caf::message answer; ///< empty when there is an error, or nothing to say
    caf::error error;    ///< sec::request_timeout when the limit has passed
  };
  bool has_outcome() { return !asker_->mailbox().empty(); }
  /// Waits for it. Once.
  outcome wait();

private:
  caf::scoped_actor asker_;
};

} // namespace vesta::detail
