#include "vesta/messages/report.hpp"

#include <algorithm>

#include "vesta/messages/log_buckets.hpp"

namespace vesta {

void histogram::add(std::int64_t value_ns) {
  const auto bucket = log_bucket(static_cast<std::uint64_t>(std::max<std::int64_t>(value_ns, 0)));
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
    if (below > wanted) return std::min(static_cast<std::int64_t>(log_bucket_value(i)), max_ns);
  }
  return max_ns;
}

VESTA_COMPILE_MESSAGE(histogram);
VESTA_COMPILE_MESSAGE(frame_figures);
VESTA_COMPILE_MESSAGE(cured_failure);
VESTA_COMPILE_MESSAGE(module_figures);
VESTA_COMPILE_MESSAGE(run_report);
VESTA_COMPILE_MESSAGE(report_request);
VESTA_COMPILE_MESSAGE(failure_seen);

} // namespace vesta
