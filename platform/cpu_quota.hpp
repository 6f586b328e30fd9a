#pragma once

#include <optional>
#include <string>

namespace vesta::platform {

class file_system;

/// How much CPU time a container leaves its processes.
struct cpu_quota {
  double cores = 0; ///< seconds of CPU time a second, above 0; 2.5: two and a half cores
  std::string file; ///< which says so
};

/// The least that any control group allows (version 2's cpu.max, version 1's cpu.cfs_quota_us), from this
/// process's own up to the topmost that can be seen; none where nothing limits it. Any thread.
std::optional<cpu_quota> find_cpu_quota(const file_system& files);

} // namespace vesta::platform
