#pragma once

#include <caf/actor_control_block.hpp>

#include <array>
#include <cstdint>
#include <vector>

#include "vesta/runtime/envelope.hpp"

namespace vesta {

class inbox_actor;

/// What the handler that runs on this thread has sent and that has not left yet. Messages to one receiver
/// travel as one parcel, so that a burst costs its receiver's inbox one exchange; order holds for each
/// receiver, not between two of them. A handler ends before another begins, so one outbox serves all actors
/// of a thread.
class outbox {
public:
  static outbox& of_this_thread() {
    static constinit thread_local outbox here;
    return here;
  }

  constexpr outbox() = default;
  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;
  ~outbox() { clear(); }

  /// `to` is an address that is held by the caller.
  void post(caf::actor_control_block* to, envelope_ptr what, priority how = priority::normal);
  /// Leaves at the flush as well, and arrives once the delay is over.
  void post_later(caf::actor_control_block* to, envelope_ptr what, platform::nanoseconds delay);
  std::size_t size() const { return size_; }
  /// `unit` runs whom it makes ready; null: whoever runs such.
  void flush(inbox_actor& sender, caf::execution_unit* unit);
  /// Drops what has not left.
  void clear();

private:
  struct outgoing : parcel {
    caf::strong_actor_ptr to;
    inbox_actor* known = nullptr; ///< the receiver, where no detour through CAF is needed
    platform::nanoseconds delay = 0;
  };
  outgoing& begin(caf::actor_control_block* to, envelope_ptr what, priority how);

  /// Where the latest parcel to a receiver may be found. A wrong guess costs a parcel more.
  std::uint16_t& guess(const caf::actor_control_block* to) {
    return guesses_[(reinterpret_cast<std::uintptr_t>(to) >> 6) % guesses_.size()];
  }

  std::vector<outgoing> parcels_;
  std::size_t size_ = 0; ///< messages
  std::array<std::uint16_t, 256> guesses_{};
};

} // namespace vesta
