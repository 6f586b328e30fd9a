#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>

#include "vesta/platform/clock.hpp"

namespace vesta {

/// Something that is due at a moment, as a wheel holds it. It belongs to whoever asked for it, who keeps it
/// where it is until it was taken out.
struct deadline {
  deadline* next = nullptr;
  deadline** from = nullptr; ///< what points to it; null: in no wheel
  std::uint64_t tick = 0;
};

/// Deadlines of which most are taken back before they are due: setting one and taking it back cost the same
/// however many there are. A hierarchical timing wheel (G. Varghese and A. Lauck, "Hashed and Hierarchical
/// Timing Wheels", 1987): four wheels of 256 slots; those far off move to a finer one as they come closer.
/// Never early, and late by one tick (1.05 ms) at most; beyond 52 days a deadline comes at 52 days. One
/// thread at a time.
class deadline_wheel {
public:
  static constexpr int tick_bits = 20; ///< 2^20 ns

  deadline_wheel() = default;
  deadline_wheel(const deadline_wheel&) = delete;
  deadline_wheel& operator=(const deadline_wheel&) = delete;

  /// `due` is in no wheel. `now` does not go back.
  void add(deadline& due, platform::nanoseconds now, platform::nanoseconds at);
  /// False when it is in no wheel any more.
  bool remove(deadline& due);
  /// Takes out what is due; `fire` sees each, in the order of their ticks.
  template <class Fire>
  void advance(platform::nanoseconds now, Fire fire) {
    const auto end = static_cast<std::uint64_t>(now) >> tick_bits;
    while (tick_ < end) {
      step(end);
      for (auto*& first = slot(0, tick_); first;) {
        auto& due = *first;
        remove(due);
        fire(due);
      }
    }
  }
  /// When `advance` is to be called next, perhaps only to move something closer. Unset: nothing is waited
  /// for.
  std::optional<platform::nanoseconds> next() const;
  std::size_t size() const { return size_; }

private:
  static constexpr int levels = 4, slot_bits = 8, slots = 1 << slot_bits;

  deadline*& slot(int level, std::uint64_t tick) {
    return slots_[level][tick >> (level * slot_bits) & (slots - 1)];
  }
  void place(deadline& due);
  void step(std::uint64_t end);
  void bring_closer(int level);
  std::optional<std::uint64_t> next_tick() const;

  std::array<std::array<deadline*, slots>, levels> slots_{};
  std::uint64_t tick_ = 0; ///< all up to and with this one have fired
  std::size_t size_ = 0;
};

/// The wheels of one node, one for each of a few threads, so that they seldom meet at a lock. Any thread.
class deadline_wheels {
public:
  struct entry : deadline {
    std::uint8_t wheel = 0;
  };

  void add(entry& due, platform::nanoseconds now, platform::nanoseconds at);
  /// False: `advance` has taken it, or is about to have. It is not touched any more either way.
  bool remove(entry& due);
  /// `fire` sees each under the lock of its wheel: it copies what it needs and comes back.
  template <class Fire>
  void advance(platform::nanoseconds now, Fire fire) {
    for (auto& each : wheels_) {
      const std::lock_guard lock{each.mutex};
      each.wheel.advance(now, [&](deadline& due) { fire(static_cast<entry&>(due)); });
    }
  }
  std::optional<platform::nanoseconds> next();
  std::size_t size();

private:
  struct alignas(64) guarded {
    std::mutex mutex;
    deadline_wheel wheel;
  };
  std::array<guarded, 4> wheels_;
};

} // namespace vesta
