#include "vesta/runtime/timer_clock.hpp"

#include <limits>
#include <utility>

#include "vesta/platform/random.hpp"
#include "vesta/runtime/pending_requests.hpp"

namespace vesta {
namespace {

platform::nanoseconds nanoseconds_of(caf::actor_clock::time_point when) {
  return std::chrono::nanoseconds(when.time_since_epoch()).count();
}

template <class Item>
void shuffle(std::vector<Item>& items, platform::random_stream* order) {
  for (auto left = order ? items.size() : 0; left > 1; --left)
    std::swap(items[left - 1], items[order->below(left)]);
}

} // namespace

void timer_clock::run() {
  while (true) {
    // Sending and destroying may run an actor's last rites, which come back to this clock: never under the
    // mutex.
    fire_due();
    std::unique_lock lock{mutex_};
    if (stopped_) return;
    // Who adds a request looks at this after it has added it; so it is set before the last look.
    asleep_until_ = std::numeric_limits<platform::nanoseconds>::max();
    const auto next = next_due();
    if (next) asleep_until_ = nanoseconds_of(*next);
    next ? void(wake_.wait_until(lock, *next)) : wake_.wait(lock);
    asleep_until_ = 0;
  }
}

timer_clock::time_point timer_clock::now() const noexcept {
  return time_point{std::chrono::nanoseconds(time_.now())};
}

void timer_clock::fire_due(platform::random_stream* order) {
  const bool requests_first = order && order->below(2) == 0;
  if (requests_first) fail_overdue(order);
  std::vector<unique_delayed_event_ptr> due;
  {
    const std::lock_guard lock{mutex_};
    due = take_due();
  }
  shuffle(due, order);
  for (auto& each : due) ship(*each);
  if (!requests_first) fail_overdue(order);
}

void timer_clock::fail_overdue(platform::random_stream* order) {
  if (requests_.size() == 0) return;
  std::vector<std::pair<caf::strong_actor_ptr, std::uint64_t>> overdue;
  requests_.advance(time_.now(), [&](deadline_wheels::entry& each) {
    const auto& request = static_cast<detail::pending_request&>(each);
    overdue.emplace_back(request.asker, request.id);
  });
  shuffle(overdue, order);
  for (auto& [asker, id] : overdue)
    detail::deliver(asker.get(), seal(detail::request_failed{id, error_code::request_timed_out}));
}

std::optional<timer_clock::time_point> timer_clock::next_due() {
  std::optional<time_point> first;
  if (!schedule_.empty()) first = schedule_.begin()->first;
  if (const auto request = requests_.next())
    if (const time_point at{std::chrono::nanoseconds(*request)}; !first || at < *first) first = at;
  return first;
}

std::optional<platform::nanoseconds> timer_clock::next_due_ns() {
  const std::lock_guard lock{mutex_};
  const auto next = next_due();
  if (!next) return {};
  return nanoseconds_of(*next);
}

void timer_clock::add(detail::pending_request& what, platform::nanoseconds limit) {
  const auto now = time_.now();
  const auto at = limit < std::numeric_limits<platform::nanoseconds>::max() - now ? now + limit : limit;
  requests_.add(what, now, at);
  if (at >= asleep_until_.load()) return;
  const std::lock_guard lock{mutex_};
  wake_.notify_one();
}

void timer_clock::remove(detail::pending_request& what) { requests_.remove(what); }

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
    apply();
    earlier = !schedule_.empty() && nanoseconds_of(schedule_.begin()->first) < asleep_until_;
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
