#include "vesta/platform/topology.hpp"

#include <charconv>
#include <fmt/format.h>

#include "vesta/platform/core_sets.hpp"
#include "vesta/platform/thread.hpp"
#include "vesta/platform/topology_hwloc.hpp"

namespace vesta::platform {

namespace {

constexpr int core_id_max = 1023; // what a cpu_set_t holds
constexpr const char* one_core_for_both = "one core for both";

std::string print(const cores& list) { return fmt::format("{}", fmt::join(list, ",")); }

/// The most powerful kind against all others; nothing where the usable cores are of one kind.
std::optional<topology> by_kind(hwloc_topology* machine, const cores& usable) {
  topology result{.performance = {}, .efficiency = {}, .origin = "CPU kinds"};
  const int kinds = hwloc_cpukinds_get_nr(machine, 0);
  for (int kind = kinds - 1; kind >= 0; --kind) { // the last is the most powerful
    auto set = make_bitmap();
    int rank = -1;
    if (hwloc_cpukinds_get_info(machine, static_cast<unsigned>(kind), set.get(), &rank, nullptr, nullptr,
                                0) != 0)
      return std::nullopt;
    if (rank < 0) return std::nullopt; // kinds that hwloc cannot put in order
    const auto mine = both(to_cores(set.get()), usable);
    auto& side = result.performance.empty() ? result.performance : result.efficiency;
    side.insert(side.end(), mine.begin(), mine.end());
  }
  if (result.performance.empty() || result.efficiency.empty()) return std::nullopt;
  std::sort(result.efficiency.begin(), result.efficiency.end());
  return result;
}

/// Hardware threads of one physical core stay together: work on one slows the other.
std::vector<cores> by_physical_core(hwloc_topology* machine, const cores& usable) {
  std::vector<cores> groups;
  cores grouped;
  for (hwloc_obj_t o = nullptr; (o = hwloc_get_next_obj_by_type(machine, HWLOC_OBJ_CORE, o)) != nullptr;) {
    auto group = both(to_cores(o->cpuset), usable);
    if (group.empty()) continue;
    grouped.insert(grouped.end(), group.begin(), group.end());
    groups.push_back(std::move(group));
  }
  for (int id : without(usable, sorted(grouped))) groups.push_back({id});
  if (groups.size() > 1) return groups;
  groups.clear();
  for (int id : usable) groups.push_back({id});
  return groups;
}

topology split_equal(hwloc_topology* machine, const cores& usable) {
  topology result{.performance = {}, .efficiency = {}, .origin = "split of equal cores"};
  const auto groups = by_physical_core(machine, usable);
  for (std::size_t i = 0; i < groups.size(); ++i) {
    auto& side = i < (groups.size() + 1) / 2 ? result.performance : result.efficiency;
    side.insert(side.end(), groups[i].begin(), groups[i].end());
  }
  std::sort(result.performance.begin(), result.performance.end());
  std::sort(result.efficiency.begin(), result.efficiency.end());
  return result;
}

/// `count` cores of a class, one hardware thread of each physical core before the second of any.
cores fewer(hwloc_topology* machine, const cores& from, std::size_t count) {
  const auto groups = by_physical_core(machine, from);
  cores kept;
  for (std::size_t turn = 0; kept.size() < std::min(count, from.size()); ++turn)
    for (const auto& group : groups)
      if (turn < group.size() && kept.size() < count) kept.push_back(group[turn]);
  return sorted(std::move(kept));
}

absl::Status check_given(const cores& given, const cores& usable) {
  for (int id : without(given, usable))
    return absl::InvalidArgumentError(fmt::format(
        "core {} does not exist or is not this process's to use; choose from {}", id, print(usable)));
  return absl::OkStatus();
}

absl::StatusOr<topology> as_given(const cores& usable, cores performance, cores efficiency) {
  for (const auto* given : {&performance, &efficiency})
    if (auto status = check_given(*given, usable); !status.ok()) return status;
  if (const auto shared = both(performance, efficiency); !shared.empty())
    return absl::InvalidArgumentError(fmt::format(
        "core {} is given both as performance and as efficiency; name each core once", shared.front()));
  if (performance.empty()) performance = without(usable, efficiency);
  if (efficiency.empty()) efficiency = without(usable, performance);
  if (performance.empty() || efficiency.empty())
    return absl::InvalidArgumentError(
        fmt::format("all usable cores ({}) are given as {}; leave at least one for the other class",
                    print(usable), performance.empty() ? "efficiency" : "performance"));
  return topology{std::move(performance), std::move(efficiency), "given"};
}

} // namespace

absl::StatusOr<std::vector<int>> parse_core_list(const std::string& text) {
  const auto wrong = [&](std::string_view part, std::string_view why) {
    return absl::InvalidArgumentError(
        fmt::format("core list '{}': '{}' {}; write it like 0,2-5", text, part, why));
  };
  cores result;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    const std::string_view part(at, std::find(at, end, ','));
    const char* const part_end = part.data() + part.size();
    int first = 0, last = 0;
    auto parsed = std::from_chars(at, part_end, first);
    if (parsed.ec == std::errc() && parsed.ptr != part_end && *parsed.ptr == '-')
      parsed = std::from_chars(parsed.ptr + 1, part_end, last);
    else
      last = first;
    if (parsed.ec == std::errc::result_out_of_range || first > core_id_max || last > core_id_max)
      return wrong(part, fmt::format("is above the highest possible core {}", core_id_max));
    if (parsed.ec != std::errc() || parsed.ptr != part_end || first < 0 || last < 0)
      return wrong(part, "is not a core or a range of cores");
    if (first > last) return wrong(part, "is a range that runs backwards");
    for (int id = first; id <= last; ++id) result.push_back(id);
    if (part_end == end) return sorted(std::move(result));
    at = part_end + 1;
  }
}

absl::StatusOr<topology> assign_cores(hwloc_topology* machine, const std::vector<int>& usable,
                                      const std::vector<int>& performance,
                                      const std::vector<int>& efficiency) {
  if (usable.size() == 1) {
    for (const auto* given : {&performance, &efficiency})
      if (auto status = check_given(sorted(*given), usable); !status.ok()) return status;
    return topology{usable, usable, one_core_for_both};
  }
  if (!performance.empty() || !efficiency.empty())
    return as_given(usable, sorted(performance), sorted(efficiency));
  if (auto found = by_kind(machine, usable)) return *std::move(found);
  return split_equal(machine, usable);
}

topology within_quota(hwloc_topology* machine, topology chosen, const cpu_quota& quota, by_hand given) {
  auto &performance = chosen.performance, &efficiency = chosen.efficiency;
  const bool one_core = performance == efficiency;
  const auto all = one_core ? 1 : performance.size() + efficiency.size();
  if (quota.cores >= static_cast<double>(all)) return chosen;
  const bool all_given = given.performance && given.efficiency;
  chosen.note = fmt::format("a CPU quota leaves {:g} of {} cores ({}){}", quota.cores, all, quota.file,
                            all_given && !one_core ? "; the lists given by hand are taken all the same" : "");
  if (one_core || all_given) return chosen;
  const auto whole = std::max<std::size_t>(1, static_cast<std::size_t>(quota.cores));
  const auto rest = [&](const cores& kept) { return whole > kept.size() ? whole - kept.size() : 1; };
  if (given.performance) {
    efficiency = fewer(machine, efficiency, rest(performance));
  } else if (given.efficiency) {
    performance = fewer(machine, performance, rest(efficiency));
  } else if (whole == 1) {
    efficiency = performance = fewer(machine, performance, 1);
    chosen.origin = one_core_for_both;
  } else {
    const auto share = (whole * performance.size() + all - 1) / all; // the odd core is for performance
    performance = fewer(machine, performance, std::min(share, whole - 1));
    efficiency = fewer(machine, efficiency, rest(performance));
  }
  return chosen;
}

absl::StatusOr<topology> completed(topology given) {
  if (given.performance.empty() || given.efficiency.empty())
    return find_topology(given.performance, given.efficiency);
  const auto possible = possible_cores();
  for (auto* list : {&given.performance, &given.efficiency}) {
    *list = sorted(std::move(*list)); // without repeats: a core has one worker of a class
    const auto lacking = without(*list, possible);
    if (!possible.empty() && !lacking.empty())
      return absl::InvalidArgumentError(
          fmt::format("core {} does not exist; this machine's are {}", lacking.front(), print(possible)));
  }
  return given;
}

} // namespace vesta::platform
