#include "vesta/platform/cpu_quota.hpp"

#include <catch2/catch.hpp>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/files_simulated.hpp"

using namespace vesta::platform;

namespace {

constexpr const char* mounted_v2 = "30 23 0:26 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw\n";
constexpr const char* mounted_v1 = "31 23 0:27 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n"
                                   "32 31 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
                                   "33 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n";

/// A machine's files, as far as they tell of control groups.
struct fake_tree {
  simulated_files files{steady_clock()};

  fake_tree(const std::string& mounts, const std::string& groups) {
    put("/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + mounts);
    put("/proc/self/cgroup", groups);
  }
  void put(const std::string& path, const std::string& text) {
    REQUIRE(files.make_directory(path.substr(0, path.rfind('/'))).ok());
    REQUIRE(files.write(path, text).ok());
  }
  void check(double cores, const std::string& file) const {
    const auto quota = find_cpu_quota(files);
    REQUIRE(quota.has_value());
    CHECK(quota->cores == cores);
    CHECK(quota->file == file);
  }
  bool unlimited() const { return !find_cpu_quota(files).has_value(); }
};

} // namespace

TEST_CASE("the CPU quota is the least of cpu.max on the path to the topmost group") {
  fake_tree tree(mounted_v2, "0::/system/game/worker\n");
  CHECK(tree.unlimited());
  tree.put("/sys/fs/cgroup/system/game/worker/cpu.max", "max 100000\n");
  CHECK(tree.unlimited());
  tree.put("/sys/fs/cgroup/system/game/cpu.max", "250000 100000\n");
  tree.check(2.5, "/sys/fs/cgroup/system/game/cpu.max");
  tree.put("/sys/fs/cgroup/system/cpu.max", "300000 100000\n");
  tree.check(2.5, "/sys/fs/cgroup/system/game/cpu.max");
  tree.put("/sys/fs/cgroup/cpu.max", "25000 50000\n");
  tree.check(0.5, "/sys/fs/cgroup/cpu.max");
}

TEST_CASE("a group beside the path does not limit the process") {
  fake_tree tree(mounted_v2, "0::/system/game\n");
  tree.put("/sys/fs/cgroup/system/other/cpu.max", "100000 100000\n");
  tree.put("/sys/fs/cgroup/system/game/below/cpu.max", "100000 100000\n");
  CHECK(tree.unlimited());
}

TEST_CASE("a process in the topmost group of its container reads the mount's own quota") {
  fake_tree tree(mounted_v2, "0::/\n");
  tree.put("/sys/fs/cgroup/cpu.max", "400000 100000\n");
  tree.check(4, "/sys/fs/cgroup/cpu.max");
}

TEST_CASE("a quota of control groups, version 1, is time over period, with -1 for no limit") {
  fake_tree tree(mounted_v1, "5:cpuset:/elsewhere\n4:cpu,cpuacct:/docker/a:b\n0::/\n");
  const std::string group = "/sys/fs/cgroup/cpu/docker/a:b";
  tree.put(group + "/cpu.cfs_quota_us", "-1\n");
  tree.put(group + "/cpu.cfs_period_us", "100000\n");
  CHECK(tree.unlimited());
  tree.put(group + "/cpu.cfs_quota_us", "150000\n");
  tree.check(1.5, group + "/cpu.cfs_quota_us");
}

TEST_CASE("a container that sees a part of the tree alone finds its group below what is mounted") {
  const std::string mount = "40 31 0:29 /docker/1f /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n";
  fake_tree inner(mount, "4:cpu:/docker/1f/inner\n"), itself(mount, "4:cpu:/docker/1f\n"),
      outside(mount, "4:cpu:/docker/1f2\n");
  for (fake_tree* tree : {&inner, &itself, &outside}) {
    tree->put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n");
    tree->put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    tree->check(3, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  }
  inner.put("/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "200000\n");
  inner.put("/sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n");
  inner.check(2, "/sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us");
}

TEST_CASE("where both versions are mounted, the lesser quota counts") {
  fake_tree tree(std::string(mounted_v1) + mounted_v2, "4:cpu:/\n0::/a\n");
  tree.put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n");
  tree.put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  tree.put("/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
  tree.check(2, "/sys/fs/cgroup/a/cpu.max");
}

TEST_CASE("files of control groups that make no sense are no quota") {
  CHECK(fake_tree("", "").unlimited());
  CHECK(fake_tree(" - \nx - y\n - cgroup2\n", "::\n0:\n").unlimited());
  for (const auto* text : {"", "\n", "abc def", "0 100000", "100000 0", "-5 100000", "100000 max"}) {
    INFO("'" << text << "'");
    fake_tree tree(mounted_v2, "0::/a\n");
    tree.put("/sys/fs/cgroup/a/cpu.max", text);
    CHECK(tree.unlimited());
  }
}
