#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace vesta {

struct histogram;

/// How long the handlers of one kind of actor take. Each thread counts in cache lines of its own, and who
/// reads adds them up; nobody waits. 8 kB for each thread that ran such a handler.
class handler_times {
public:
  handler_times() = default;
  handler_times(const handler_times&) = delete;
  handler_times& operator=(const handler_times&) = delete;
  ~handler_times();

  /// Any thread. Longer than 68 s counts as 68 s, in all but the maximum. A thread's first call allocates;
  /// without memory the time is not counted.
  void add(std::int64_t ns) noexcept;
  /// All that was added before. Any thread.
  histogram read() const;

private:
  struct alignas(64) stripe {
    std::array<std::atomic<std::uint64_t>, 1024> buckets{};
    std::atomic<std::int64_t> max_ns{0};
  };
  stripe* mine() noexcept;

  std::array<std::atomic<stripe*>, 64> stripes_{}; ///< threads beyond so many share
};

} // namespace vesta
