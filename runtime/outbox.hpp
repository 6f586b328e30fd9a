#pragma once

#include <caf/actor_control_block.hpp>

#include <array>
#include <cstdint>
#include <utility>

#include "vesta/runtime/inbox_actor.hpp"

namespace vesta {

/// What the handler that runs on this thread has sent and that has not left yet. Messages to one receiver
/// travel as one parcel, so that a burst costs its receiver's inbox one exchange; order holds for each
/// receiver, not between two of them. A handler ends before another begins, so one outbox serves all actors
/// of a thread.
class outbox {
public:
  static outbox& of_this_thread() { return here_; }

  outbox(const outbox&) = delete;
  outbox& operator=(const outbox&) = delete;

  /// `to` is an address that is held by the caller, `from` the system of the actor that sends.
  void post(const caf::actor_system& from, caf::actor_control_block* to, envelope_ptr what,
            priority how = priority::normal) {
    const bool urgent = how == priority::urgent;
    auto& at = guess(to);
    ++size_;
    if (at < count_ && goes_along(parcels_[at], to, urgent)) {
      auto& open = parcels_[at];
      open.last = open.last->next = what.release();
      if (++open.count > fetched_ahead) {
        open.behind->ahead = open.last;
        open.behind = open.behind->next;
      }
      return;
    }
    at = static_cast<std::uint16_t>(count_);
    auto* known = inbox_actor::behind(to);
    auto& added = add(to, std::move(what), urgent);
    added.known = known;
    added.has_reference = !(known && known->lives_with_node() && to->home_system == &from);
    if (added.has_reference) intrusive_ptr_add_ref(to);
  }
  /// Leaves at the flush as well, and arrives once the delay is over.
  void post_later(caf::actor_control_block* to, envelope_ptr what, platform::nanoseconds delay);
  /// Messages.
  std::size_t size() const { return size_; }
  /// `unit` runs whom it makes ready; null: whoever runs such.
  void flush(inbox_actor& sender, caf::execution_unit* unit);
  /// Drops what has not left.
  void clear();

private:
  struct alignas(64) outgoing : parcel {
    caf::actor_control_block* to;
    inbox_actor* known; ///< the receiver, where no detour through CAF is needed
    platform::nanoseconds delay;
    bool has_reference; ///< to the receiver
    envelope* behind;   ///< the last one by `fetched_ahead`, or the first
  };
  struct keeper;

  /// Messages of a parcel that their reader has on their way from this core while it handles one.
  static constexpr std::uint32_t fetched_ahead = 4;

  constexpr outbox() = default;

  static bool goes_along(const outgoing& with, const caf::actor_control_block* to, bool urgent) {
    return with.to == to && with.known && with.delay == 0 && with.urgent == urgent;
  }
  /// Written member by member where it stays: a copy would be read before its parts have arrived.
  outgoing& add(caf::actor_control_block* to, envelope_ptr what, bool urgent) {
    if (count_ == room_) [[unlikely]]
      grow();
    auto& added = parcels_[count_++];
    added.first = added.last = added.behind = what.release();
    added.count = 1;
    added.urgent = urgent;
    added.to = to;
    added.delay = 0;
    return added;
  }
  void grow();
  static void hand_over(outgoing& what, inbox_actor& sender, caf::execution_unit* unit);
  static void hand_to_caf(outgoing& what, inbox_actor& sender, caf::execution_unit* unit);

  /// Where the latest parcel to a receiver may be found. A wrong guess costs a parcel more.
  std::uint16_t& guess(const caf::actor_control_block* to) {
    return guesses_[(reinterpret_cast<std::uintptr_t>(to) >> 6) % guesses_.size()];
  }

  outgoing* parcels_ = nullptr; ///< freed when the thread ends
  std::uint32_t count_ = 0, room_ = 0;
  std::size_t size_ = 0;
  std::array<std::uint16_t, 256> guesses_{};

  static constinit thread_local outbox here_;
};

} // namespace vesta
