#include "vesta/runtime/timer_clock.hpp"

#include <utility>

namespace vesta {

void timer_clock::run() {
  std::unique_lock lock{mutex_};
  while (!stopped_) {
    // Sending and destroying may run an actor's last rites, which come back to this clock: never under the
    // mutex.
    if (auto due = take_due(); !due.empty()) {
      lock.unlock();
      for (auto& each : due) ship(*each);
      due.clear();
      lock.lock();
    } else if (schedule_.empty()) {
      wake_.wait(lock);
    } else {
      const time_point next = schedule_.begin()->first; // a copy: the entry may go while this thread sleeps
      wake_.wait_until(lock, next);
    }
  }
}

timer_clock::time_point timer_clock::now() const noexcept {
  return time_point{std::chrono::nanoseconds(time_.now())};
}

void timer_clock::fire_due() {
  std::vector<unique_delayed_event_ptr> due;
  {
    const std::lock_guard lock{mutex_};
    due = take_due();
  }
  for (auto& each : due) ship(*each);
}

std::optional<platform::nanoseconds> timer_clock::next_due_ns() {
  const std::lock_guard lock{mutex_};
  if (schedule_.empty()) return {};
  return std::chrono::nanoseconds(schedule_.begin()->first.time_since_epoch()).count();
}

void timer_clock::stop() {
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  wake_.notify_all();
  cancel_all();
}

std::vector<timer_clock::unique_delayed_event_ptr> timer_clock::take_due() {
  std::vector<unique_delayed_event_ptr> due;
  if (schedule_.empty()) return due;
  const time_point t = now();
  for (auto i = schedule_.begin(); i != schedule_.end() && i->first <= t; i = schedule_.erase(i)) {
    if (i->second->backlink != actor_lookup_.end()) actor_lookup_.erase(i->second->backlink);
    due.push_back(std::move(i->second));
  }
  return due;
}

template <class Change>
void timer_clock::change(Change apply) {
  bool earlier = false;
  {
    std::lock_guard lock{mutex_};
    if (stopped_) return;
    const auto first = [this] { return schedule_.empty() ? time_point::max() : schedule_.begin()->first; };
    const time_point before = first();
    apply();
    earlier = first() < before;
  }
  if (earlier) wake_.notify_one();
}

void timer_clock::set_ordinary_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                       std::uint64_t id) {
  change([&] { simple_actor_clock::set_ordinary_timeout(t, self, type, id); });
}

void timer_clock::set_multi_timeout(time_point t, caf::abstract_actor* self, caf::atom_value type,
                                    std::uint64_t id) {
  change([&] { simple_actor_clock::set_multi_timeout(t, self, type, id); });
}

void timer_clock::set_request_timeout(time_point t, caf::abstract_actor* self, caf::message_id id) {
  change([&] { simple_actor_clock::set_request_timeout(t, self, id); });
}

void timer_clock::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) {
  change([&] { simple_actor_clock::cancel_ordinary_timeout(self, type); });
}

void timer_clock::cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) {
  change([&] { simple_actor_clock::cancel_request_timeout(self, id); });
}

void timer_clock::cancel_timeouts(caf::abstract_actor* self) {
  change([&] { simple_actor_clock::cancel_timeouts(self); });
}

void timer_clock::schedule_message(time_point t, caf::strong_actor_ptr receiver,
                                   caf::mailbox_element_ptr content) {
  change([&] { simple_actor_clock::schedule_message(t, std::move(receiver), std::move(content)); });
}

void timer_clock::schedule_message(time_point t, caf::group target, caf::strong_actor_ptr sender,
                                   caf::message content) {
  change([&] {
    simple_actor_clock::schedule_message(t, std::move(target), std::move(sender), std::move(content));
  });
}

void timer_clock::cancel_all() {
  schedule_map dropped; // destroyed after the mutex is free, as in `run`
  std::lock_guard lock{mutex_};
  actor_lookup_.clear();
  dropped.swap(schedule_);
}

} // namespace vesta
