#pragma once

#include <caf/actor_control_block.hpp>

#include <cstdint>
#include <memory>

#include "vesta/runtime/deadline_wheel.hpp"
#include "vesta/runtime/request.hpp"

namespace vesta {

class timer_clock;

namespace detail {

/// A request as the wheel of deadlines holds it.
struct pending_request : deadline_wheels::entry {
  std::uint64_t id = 0;
  caf::strong_actor_ptr asker;
  answer_maker make = nullptr;
};

} // namespace detail

/// What an actor has asked and nobody has answered yet. Costs an actor that asks nothing one pointer. Used by
/// its actor alone.
class pending_requests {
public:
  pending_requests();
  pending_requests(const pending_requests&) = delete;
  pending_requests& operator=(const pending_requests&) = delete;
  ~pending_requests();

  /// From now on, and until the deadline, an answer is waited for. `timers` outlives the request.
  void open(timer_clock& timers, const caf::strong_actor_ptr& asker, std::uint64_t id,
            platform::nanoseconds limit, detail::answer_maker make);
  /// How the answer is made; null when none is waited for, or not any more.
  detail::answer_maker close(std::uint64_t id);
  void close_all();
  std::size_t size() const;

private:
  struct table;
  std::unique_ptr<table> table_; ///< null until the first
};

} // namespace vesta
