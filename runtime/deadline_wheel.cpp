#include "vesta/runtime/deadline_wheel.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

namespace vesta {

void deadline_wheel::add(deadline& due, platform::nanoseconds now, platform::nanoseconds at) {
  constexpr auto one_less = (std::uint64_t{1} << tick_bits) - 1;
  constexpr auto furthest = (std::uint64_t{1} << (levels * slot_bits)) - 1;
  if (size_++ == 0) tick_ = std::max(tick_, static_cast<std::uint64_t>(now) >> tick_bits);
  const auto wanted =
      (static_cast<std::uint64_t>(std::max<platform::nanoseconds>(at, 0)) + one_less) >> tick_bits;
  due.tick = std::clamp(wanted, tick_ + 1, tick_ + furthest);
  place(due);
}

void deadline_wheel::place(deadline& due) {
  int level = 0;
  while ((due.tick - tick_) >> ((level + 1) * slot_bits) != 0) ++level;
  auto*& first = slot(level, due.tick);
  due.next = first;
  due.from = &first;
  if (first) first->from = &due.next;
  first = &due;
}

bool deadline_wheel::remove(deadline& due) {
  if (!due.from) return false;
  *due.from = due.next;
  if (due.next) due.next->from = due.from;
  due.from = nullptr;
  --size_;
  return true;
}

/// To the next tick at which something is to be done, at most to `end`.
void deadline_wheel::step(std::uint64_t end) {
  tick_ = std::min(end, next_tick().value_or(end));
  for (int level = 1; level < levels && (tick_ & ((std::uint64_t{1} << (level * slot_bits)) - 1)) == 0;
       ++level)
    bring_closer(level);
}

void deadline_wheel::bring_closer(int level) {
  auto* each = std::exchange(slot(level, tick_), nullptr);
  while (each) {
    auto& due = *std::exchange(each, each->next);
    place(due);
  }
}

std::optional<std::uint64_t> deadline_wheel::next_tick() const {
  std::optional<std::uint64_t> first;
  for (int level = 0; size_ > 0 && level < levels; ++level) {
    const auto here = tick_ >> (level * slot_bits);
    std::uint64_t ahead = 1;
    while (ahead <= slots && !slots_[level][(here + ahead) & (slots - 1)]) ++ahead;
    if (ahead > slots) continue;
    const auto found = (here + ahead) << (level * slot_bits);
    if (!first || found < *first) first = found;
  }
  return first;
}

std::optional<platform::nanoseconds> deadline_wheel::next() const {
  const auto tick = next_tick();
  return tick ? std::optional(static_cast<platform::nanoseconds>(*tick << tick_bits)) : std::nullopt;
}

void deadline_wheels::add(entry& due, platform::nanoseconds now, platform::nanoseconds at) {
  static constinit std::atomic<std::uint8_t> threads{0};
  static thread_local const auto mine =
      static_cast<std::uint8_t>(threads++ % std::tuple_size_v<decltype(wheels_)>);
  due.wheel = mine;
  const std::lock_guard lock{wheels_[mine].mutex};
  wheels_[mine].wheel.add(due, now, at);
}

bool deadline_wheels::remove(entry& due) {
  const std::lock_guard lock{wheels_[due.wheel].mutex};
  return wheels_[due.wheel].wheel.remove(due);
}

std::optional<platform::nanoseconds> deadline_wheels::next() {
  std::optional<platform::nanoseconds> first;
  for (auto& each : wheels_) {
    const std::lock_guard lock{each.mutex};
    if (const auto due = each.wheel.next(); due && (!first || *due < *first)) first = due;
  }
  return first;
}

std::size_t deadline_wheels::size() {
  std::size_t sum = 0;
  for (auto& each : wheels_) {
    const std::lock_guard lock{each.mutex};
    sum += each.wheel.size();
  }
  return sum;
}

} // namespace vesta
