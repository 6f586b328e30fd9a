#include "vesta/messages/report.hpp"

#include <algorithm>
#include <bit>

namespace vesta {
namespace {

constexpr unsigned sub_bits = 5; // 32 buckets to a power of two

std::size_t bucket_of(std::uint64_t value) {
  if (value < (1U << sub_bits)) return value;
  const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
  return (static_cast<std::size_t>(shift) << sub_bits) + (value >> shift);
}

/// The middle of a bucket.
std::int64_t value_of(std::size_t bucket) {
  if (bucket < (1U << sub_bits)) return static_cast<std::int64_t>(bucket);
  const auto shift = (bucket >> sub_bits) - 1;
  const auto low = ((bucket & ((1U << sub_bits) - 1)) + (1U << sub_bits)) << shift;
  return static_cast<std::int64_t>(low + ((std::uint64_t{1} << shift) >> 1));
}

} // namespace

void histogram::add(std::int64_t value_ns) {
  const auto bucket = bucket_of(static_cast<std::uint64_t>(std::max<std::int64_t>(value_ns, 0)));
  if (bucket >= buckets.size()) buckets.resize(bucket + 1);
  ++buckets[bucket];
  ++count;
  max_ns = std::max(max_ns, value_ns);
}

std::int64_t histogram::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(count));
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    below += buckets[i];
    if (below > wanted) return std::min(value_of(i), max_ns);
  }
  return max_ns;
}

VESTA_COMPILE_MESSAGE(histogram);
VESTA_COMPILE_MESSAGE(frame_figures);
VESTA_COMPILE_MESSAGE(cured_failure);
VESTA_COMPILE_MESSAGE(run_report);
VESTA_COMPILE_MESSAGE(report_request);
VESTA_COMPILE_MESSAGE(failure_seen);

} // namespace vesta
