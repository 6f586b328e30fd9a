#include "vesta/platform/cpu_quota.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <vector>

#include "vesta/platform/files.hpp"

namespace vesta::platform {

namespace {

constexpr std::uint64_t file_bytes_max = 1 << 20;

std::string text_of(const file_system& files, const std::string& path) {
  return files.read(path, file_bytes_max).value_or("");
}

std::vector<std::string_view> split_at(std::string_view text, char by) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find(by);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// The number that a text begins with; nothing where it does not.
std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

bool names_cpu(std::string_view list) {
  const auto names = split_at(list, ',');
  return std::find(names.begin(), names.end(), "cpu") != names.end();
}

/// One mounted tree of control groups that may limit CPU time.
struct hierarchy {
  std::string_view root; ///< the group that is mounted; "/" unless a container sees a part of the tree
  std::string mount_point;
  bool version_2 = false;
};

/// From the lines of /proc/self/mountinfo: "32 31 0:28 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw".
std::vector<hierarchy> hierarchies(std::string_view mounts) {
  std::vector<hierarchy> found;
  for (const auto line : split_at(mounts, '\n')) {
    const auto middle = line.find(" - ");
    if (middle == std::string_view::npos) continue;
    const auto place = split_at(line.substr(0, middle), ' '), type = split_at(line.substr(middle + 3), ' ');
    if (place.size() < 5 || type.size() < 3) continue;
    const bool version_2 = type[0] == "cgroup2";
    if (version_2 || (type[0] == "cgroup" && names_cpu(type[2])))
      found.push_back({place[3], std::string(place[4]), version_2});
  }
  return found;
}

/// This process's group, from the lines of /proc/self/cgroup: "0::/user.slice" is version 2's,
/// "4:cpu,cpuacct:/docker/1f" one of version 1.
std::string_view group_in(std::string_view groups, bool version_2) {
  for (const auto line : split_at(groups, '\n')) {
    const auto parts = split_at(line, ':'); // the path may have colons of its own
    if (parts.size() >= 3 && (version_2 ? parts[0] == "0" && parts[1].empty() : names_cpu(parts[1])))
      return line.substr(parts[0].size() + parts[1].size() + 2);
  }
  return "/";
}

/// The group's path below what is mounted; empty when it is that itself, or cannot be seen from here.
std::string_view below(std::string_view root, std::string_view group) {
  if (root != "/") {
    if (!group.starts_with(root)) return "";
    group.remove_prefix(root.size());
  }
  const bool inside = group.starts_with('/') && group.find("/..") == std::string_view::npos;
  return inside && group != "/" ? group : "";
}

std::optional<cpu_quota> quota_of(const file_system& files, const std::string& folder, bool version_2) {
  const auto file = folder + (version_2 ? "/cpu.max" : "/cpu.cfs_quota_us");
  const auto text = text_of(files, file);
  const auto time_us = number_in(text); // none for "max", or without the file: the topmost group has none
  const auto period_us = version_2 ? number_in(std::string_view(text).substr(text.find(' ') + 1))
                                   : number_in(text_of(files, folder + "/cpu.cfs_period_us"));
  if (time_us.value_or(0) <= 0 || period_us.value_or(0) <= 0) return std::nullopt; // -1: no limit
  return cpu_quota{static_cast<double>(*time_us) / static_cast<double>(*period_us), file};
}

} // namespace

std::optional<cpu_quota> find_cpu_quota(const file_system& files) {
  const auto groups = text_of(files, "/proc/self/cgroup"), mounts = text_of(files, "/proc/self/mountinfo");
  std::optional<cpu_quota> least;
  for (const hierarchy& tree : hierarchies(mounts)) {
    std::string folder = tree.mount_point;
    folder += below(tree.root, group_in(groups, tree.version_2));
    for (;; folder.resize(folder.rfind('/'))) { // a parent's limit holds for all below it
      const auto found = quota_of(files, folder, tree.version_2);
      if (found && (!least || found->cores < least->cores)) least = found;
      if (folder.size() <= tree.mount_point.size()) break;
    }
  }
  return least;
}

} // namespace vesta::platform
