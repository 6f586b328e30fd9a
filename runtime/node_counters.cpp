#include "vesta/runtime/node_counters.hpp"

#include <algorithm>

namespace vesta {

kind_counters node_counters::total() const {
  kind_counters sum;
  for (const auto& each : kinds) {
    sum.actors += each.actors;
    sum.handled += each.handled;
    sum.sent += each.sent;
    sum.failures += each.failures;
    sum.recovered += each.recovered;
    sum.refused += each.refused;
    sum.overflowed += each.overflowed;
    sum.waiting += each.waiting;
    sum.busy_ns += each.busy_ns;
  }
  return sum;
}

std::optional<double> busy_share(const node_counters& before, const node_counters& now,
                                 platform::core_class which) {
  std::int64_t busy = 0, could = 0;
  for (std::size_t i = 0; i < std::min(before.workers.size(), now.workers.size()); ++i) {
    if (now.workers[i].pool != which) continue;
    busy += now.workers[i].counters.busy_ns - before.workers[i].counters.busy_ns;
    could += now.at_ns - before.at_ns;
  }
  if (could <= 0) return std::nullopt;
  return std::clamp(static_cast<double>(busy) / static_cast<double>(could), 0.0, 1.0);
}

} // namespace vesta
