#pragma once

#include <caf/detail/simple_actor_clock.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>

#include "vesta/platform/clock.hpp"

namespace vesta {

/// The clock behind delayed messages and timeouts. One thread calls `run`; everything else is thread-safe.
/// CAF's own passes each event through a ring of 64 that nobody drains after the end, so that actors which
/// die late would block; here what comes after `stop` is dropped.
class timer_clock final : public caf::detail::simple_actor_clock {
public:
  /// `time` outlives it.
  explicit timer_clock(const platform::clock& time) : time_(time) {}

  time_point now() const noexcept override;
  /// Sends what is due, and returns.
  void fire_due();
  /// On the clock that it was made with; unset when nothing is scheduled.
  std::optional<platform::nanoseconds> next_due_ns();
  /// Sends what is due, sleeping in between, until `stop`.
  void run();
  /// Ends `run` and drops all that was scheduled.
  void stop();

  void set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                            std::uint64_t id) override;
  void set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                         std::uint64_t id) override;
  void set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) override;
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override;
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override;
  void cancel_timeouts(caf::abstract_actor* self) override;
  void schedule_message(time_point t, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;
  void cancel_all() override;

private:
  /// Takes out of the schedule what is due; the caller holds the mutex.
  std::vector<unique_delayed_event_ptr> take_due();
  /// Changes the schedule, and wakes `run` when the change made something due earlier than all before.
  template <class Change>
  void change(Change apply);

  const platform::clock& time_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
};

} // namespace vesta
