#include "vesta/messages/report.hpp"

#include <algorithm>
#include <limits>

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

void follow(module_figures& module, const lifecycle_moved& news) {
  if (news.to == news.from) return; // a move that was refused
  if (news.to == lifecycle::probation) {
    module.before = module.version;
    module.version = news.version;
    module.parked = false;
  }
  const bool is_over = news.to == lifecycle::quarantined || news.to == lifecycle::unloaded;
  if (!is_over) {
    if (news.version >= module.version) module.at = news.to;
    return;
  }
  if (news.version == module.version && module.before != 0) module.version = module.before;
  if (news.version >= module.version) module.at = module.version == 0 ? news.to : lifecycle::active;
}

namespace {

bool touches(const change_report& change, const std::string& module) {
  return std::ranges::find(change.modules, module) != change.modules.end();
}

/// Whether the module has got a new version that stayed, after one moment and before the other.
bool renewed(const run_report& report, const std::string& module, std::int64_t after_ns,
             std::int64_t before_ns = std::numeric_limits<std::int64_t>::max()) {
  return std::ranges::any_of(report.changes, [&](const change_report& change) {
    return change.verdict == verdict_on_change::live && touches(change, module) &&
           change.times.live_ns > after_ns && change.times.live_ns < before_ns;
  });
}

} // namespace

std::vector<std::string> parked_modules(const run_report& report) {
  std::vector<std::string> parked;
  for (const auto& failed : report.module_failures)
    if (failed.change == 0 && !renewed(report, failed.module, failed.at_ns) &&
        std::ranges::find(parked, failed.module) == parked.end())
      parked.push_back(failed.module);
  return parked;
}

bool was_parked(const change_report& change, const run_report& report) {
  return change.verdict == verdict_on_change::live &&
         std::ranges::any_of(report.module_failures, [&](const module_failed& failed) {
           return failed.change == 0 && failed.at_ns > change.times.live_ns &&
                  touches(change, failed.module) &&
                  !renewed(report, failed.module, change.times.live_ns, failed.at_ns);
         });
}

VESTA_COMPILE_MESSAGE(histogram);
VESTA_COMPILE_MESSAGE(frame_figures);
VESTA_COMPILE_MESSAGE(cured_failure);
VESTA_COMPILE_MESSAGE(module_figures);
VESTA_COMPILE_MESSAGE(run_report);
VESTA_COMPILE_MESSAGE(report_request);
VESTA_COMPILE_MESSAGE(failure_seen);

} // namespace vesta
