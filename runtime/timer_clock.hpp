#pragma once

#include <caf/detail/simple_actor_clock.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "vesta/platform/clock.hpp"
#include "vesta/runtime/deadline_wheel.hpp"

namespace vesta {
namespace platform {
class random_stream;
} // namespace platform
namespace detail {
struct pending_request;
} // namespace detail

/// The clock behind delayed messages and timeouts. One thread calls `run`; everything else is thread-safe.
/// CAF's own passes each event through a ring of 64 that nobody drains after the end, so that actors which
/// die late would block; here what comes after `stop` is dropped.
class timer_clock final : public caf::detail::simple_actor_clock {
public:
  /// `time` outlives it.
  explicit timer_clock(const platform::clock& time) : time_(time) {}

  time_point now() const noexcept override;
  /// Sends what is due, and returns: in the order of its time, or, where `order` is given, in any order.
  void fire_due(platform::random_stream* order = nullptr);
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
  /// Tells the asker once the request is due, `limit` from now. Until it was removed, it stays where it is.
  void add(detail::pending_request& what, platform::nanoseconds limit);
  /// After this it is not touched any more, though its message may be on its way.
  void remove(detail::pending_request& what);

  void schedule_message(time_point t, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;
  void cancel_all() override;

private:
  void fail_overdue(platform::random_stream* order);
  /// The earliest of all that is waited for.
  std::optional<time_point> next_due();
  /// Takes out of the schedule what is due; the caller holds the mutex.
  std::vector<unique_delayed_event_ptr> take_due();
  /// Changes the schedule, and wakes `run` where it would sleep for too long.
  template <class Change>
  void change(Change apply);

  const platform::clock& time_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  deadline_wheels requests_;
  std::atomic<platform::nanoseconds> asleep_until_{0}; ///< 0: `run` does not sleep
};

} // namespace vesta
