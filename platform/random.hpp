#pragma once

#include <cstdint>
#include <string_view>

namespace vesta::platform {

/// A stream of random numbers keyed by seed, user and purpose, so that one more draw somewhere shifts no
/// other stream. SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). Not thread-safe; a value type of 8 bytes.
class random_stream {
public:
  explicit random_stream(std::uint64_t key) : state_(key) {}
  random_stream(std::uint64_t seed, std::string_view user, std::string_view purpose);

  /// Uniform over all 64-bit values.
  std::uint64_t next();
  /// Uniform in [0, bound); `bound` > 0. Lemire's multiplication without the rejection: bias below bound /
  /// 2^64.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();

private:
  std::uint64_t state_;
};

} // namespace vesta::platform
