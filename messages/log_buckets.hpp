#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace vesta {

/// Log-linear buckets: 32 to each power of two, so that a value is off by at most 2 %.
inline constexpr unsigned log_sub_bits = 5;

constexpr std::size_t log_bucket(std::uint64_t value) {
  if (value < (1U << log_sub_bits)) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - log_sub_bits;
  return (static_cast<std::size_t>(shift) << log_sub_bits) + (value >> shift);
}

/// The middle of a bucket.
constexpr std::uint64_t log_bucket_value(std::size_t bucket) {
  if (bucket < (1U << log_sub_bits)) return bucket;
  const auto shift = (bucket >> log_sub_bits) - 1;
  const auto low = ((bucket & ((1U << log_sub_bits) - 1)) + (1U << log_sub_bits)) << shift;
  return low + ((std::uint64_t{1} << shift) >> 1);
}

} // namespace vesta
