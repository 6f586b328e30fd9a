#pragma once

// Internal to topology.cpp, core_survey.cpp and their tests: the parts that work on any machine's
// description.

#include <optional>

#include "vesta/platform/cpu_quota.hpp"
#include "vesta/platform/topology.hpp"

struct hwloc_topology;

namespace vesta::platform {

/// find_topology() for a loaded hwloc topology, on which this process may use the cores `usable`; without
/// regard to a quota.
absl::StatusOr<topology> assign_cores(hwloc_topology* machine, const std::vector<int>& usable,
                                      const std::vector<int>& performance,
                                      const std::vector<int>& efficiency);

/// Which of the lists were given by hand: those stay as they are.
struct by_hand {
  bool performance = false, efficiency = false;
};

/// As many of the chosen cores as the quota pays for, hardware threads of one physical core last.
topology within_quota(hwloc_topology* machine, topology chosen, const cpu_quota& quota, by_hand given);

/// What the operating system allows this process.
struct core_limits {
  std::vector<int> may_run; ///< its affinity mask, ascending
  std::optional<cpu_quota> quota = {};
};

/// survey_cores() for a topology that was loaded with its offline and disallowed cores.
absl::StatusOr<core_survey> survey_machine(hwloc_topology* machine, const core_limits& limits,
                                           const std::vector<int>& performance,
                                           const std::vector<int>& efficiency);

} // namespace vesta::platform
