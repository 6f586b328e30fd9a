#include <charconv>
#include <fmt/format.h>
#include <string_view>

#include "vesta/platform/core_sets.hpp"
#include "vesta/platform/files.hpp"
#include "vesta/platform/topology_hwloc.hpp"

namespace vesta::platform {

namespace {

/// A kind by the most telling of its properties. (Hybrid machines of Intel give all cores one capacity.)
std::string name_of_kind(const hwloc_info_s* properties, unsigned count) {
  const auto value = [&](std::string_view name) -> std::string_view {
    for (unsigned i = 0; i < count; ++i)
      if (properties[i].name == name) return properties[i].value;
    return {};
  };
  if (const auto type = value("CoreType"); !type.empty()) return std::string(type);
  if (const auto capacity = value("LinuxCapacity"); !capacity.empty())
    return fmt::format("capacity {}", capacity);
  if (const auto most = value("FrequencyMaxMHz"); !most.empty()) return fmt::format("{} MHz", most);
  return {};
}

void describe(hwloc_topology* machine, core_row& row) {
  const auto self = make_bitmap();
  hwloc_bitmap_only(self.get(), static_cast<unsigned>(row.id));
  hwloc_info_s* properties = nullptr;
  unsigned count = 0;
  const int kind = hwloc_cpukinds_get_by_cpuset(machine, self.get(), 0);
  if (kind >= 0 && hwloc_cpukinds_get_info(machine, static_cast<unsigned>(kind), nullptr, &row.rank, &count,
                                           &properties, 0) == 0)
    row.kind = name_of_kind(properties, count);
  if (const auto* thread = hwloc_get_pu_obj_by_os_index(machine, static_cast<unsigned>(row.id)))
    if (const auto* core =
            hwloc_get_ancestor_obj_by_type(machine, HWLOC_OBJ_CORE, const_cast<hwloc_obj_t>(thread)))
      row.siblings = without(to_cores(core->cpuset), {row.id});
}

/// Why a core that was not chosen was not; `before` is what would have been chosen without a quota.
std::string why_unused(hwloc_topology* machine, int id, const core_limits& limits, const topology& before) {
  if (!has(to_cores(hwloc_topology_get_topology_cpuset(machine)), id)) return "offline";
  if (!has(to_cores(hwloc_topology_get_allowed_cpuset(machine)), id)) return "not in the container's cpuset";
  if (!has(limits.may_run, id)) return "not in the affinity mask";
  if (has(before.performance, id) || has(before.efficiency, id)) return "over the CPU quota";
  return "not given";
}

using machine_ptr = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;

absl::StatusOr<machine_ptr> load_machine() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0)
    return absl::ResourceExhaustedError("cannot read the machine's cores: out of memory");
  machine_ptr machine(raw, &hwloc_topology_destroy);
  hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
  if (hwloc_topology_load(raw) != 0)
    return absl::UnavailableError(
        "cannot read the machine's cores: hwloc found nothing under /sys and /proc");
  return machine;
}

cores affinity_mask(hwloc_topology* machine) {
  const auto mask = make_bitmap();
  if (hwloc_get_cpubind(machine, mask.get(), HWLOC_CPUBIND_PROCESS) != 0 || hwloc_bitmap_iszero(mask.get()))
    return to_cores(hwloc_topology_get_allowed_cpuset(machine));
  return to_cores(mask.get());
}

} // namespace

absl::StatusOr<core_survey> survey_machine(hwloc_topology* machine, const core_limits& limits,
                                           const cores& performance, const cores& efficiency) {
  const auto usable = both(limits.may_run, to_cores(hwloc_topology_get_allowed_cpuset(machine)));
  const auto assigned = assign_cores(machine, usable, performance, efficiency);
  if (!assigned.ok()) return assigned.status();
  core_survey result{*assigned, {}};
  if (limits.quota)
    result.chosen =
        within_quota(machine, *assigned, *limits.quota, {!performance.empty(), !efficiency.empty()});
  for (int id : to_cores(hwloc_topology_get_complete_cpuset(machine))) {
    core_row row;
    row.id = id;
    row.performance = has(result.chosen.performance, id);
    row.efficiency = has(result.chosen.efficiency, id);
    if (!row.performance && !row.efficiency) row.unused = why_unused(machine, id, limits, *assigned);
    describe(machine, row);
    result.cores.push_back(std::move(row));
  }
  return result;
}

absl::StatusOr<core_survey> survey_cores(const cores& performance, const cores& efficiency) {
  const auto machine = load_machine();
  if (!machine.ok()) return machine.status();
  const core_limits limits{affinity_mask(machine->get()), find_cpu_quota(real_files())};
  return survey_machine(machine->get(), limits, performance, efficiency);
}

absl::StatusOr<topology> find_topology(const cores& performance, const cores& efficiency) {
  auto survey = survey_cores(performance, efficiency);
  if (!survey.ok()) return survey.status();
  return std::move(survey->chosen);
}

} // namespace vesta::platform
