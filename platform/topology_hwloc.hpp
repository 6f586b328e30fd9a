#pragma once

// Internal to topology.cpp and its test: the part of find_topology() that works on any machine's description.

#include "vesta/platform/topology.hpp"

struct hwloc_topology;

namespace vesta::platform {

/// find_topology() for a loaded hwloc topology, on which this process may use the cores `usable`.
absl::StatusOr<topology> assign_cores(hwloc_topology* machine, const std::vector<int>& usable,
                                      const std::vector<int>& performance,
                                      const std::vector<int>& efficiency);

} // namespace vesta::platform
