#include <catch2/catch.hpp>
#include <hwloc.h>
#include <memory>

#include "vesta/platform/files.hpp"
#include "vesta/platform/topology_hwloc.hpp"

using namespace vesta::platform;
using Catch::Contains;

namespace {

using ids = std::vector<int>;

ids span(int first, int last) {
  ids result;
  for (int id = first; id <= last; ++id) result.push_back(id);
  return result;
}

/// A machine as hwloc recorded it, by its file below tests/data/topology/.
class recorded {
public:
  explicit recorded(const std::string& name) : machine_(nullptr, &hwloc_topology_destroy) {
    const auto xml = real_files().read(VESTA_SOURCE_DIR "/tests/data/topology/" + name + ".xml", 1 << 20);
    REQUIRE(xml.ok());
    hwloc_topology_t raw = nullptr;
    REQUIRE(hwloc_topology_init(&raw) == 0);
    machine_.reset(raw);
    REQUIRE(hwloc_topology_set_xmlbuffer(raw, xml->c_str(), static_cast<int>(xml->size() + 1)) == 0);
    REQUIRE(hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED) == 0);
    REQUIRE(hwloc_topology_load(raw) == 0);
  }

  /// Puts these cores alone into the container's cpuset.
  void allow(const ids& cores) {
    hwloc_bitmap_t set = hwloc_bitmap_alloc();
    for (int id : cores) hwloc_bitmap_set(set, static_cast<unsigned>(id));
    REQUIRE(hwloc_topology_allow(machine_.get(), set, nullptr, HWLOC_ALLOW_FLAG_CUSTOM) == 0);
    hwloc_bitmap_free(set);
  }

  core_survey survey(const core_limits& limits, const ids& performance = {},
                     const ids& efficiency = {}) const {
    auto found = survey_machine(machine_.get(), limits, performance, efficiency);
    INFO(found.status().message());
    REQUIRE(found.ok());
    return *std::move(found);
  }

  std::string problem(const core_limits& limits, const ids& performance) const {
    const auto found = survey_machine(machine_.get(), limits, performance, {});
    REQUIRE(absl::IsInvalidArgument(found.status()));
    return std::string(found.status().message());
  }

private:
  std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)> machine_;
};

core_limits quota(double cores, const ids& may_run) { return {may_run, cpu_quota{cores, "cpu.max"}}; }

/// The cores that are unused for this reason.
ids unused(const core_survey& survey, const std::string& reason) {
  ids result;
  for (const auto& row : survey.cores)
    if (row.unused == reason) result.push_back(row.id);
  return result;
}

} // namespace

TEST_CASE("6 performance cores of two threads and 8 efficiency cores are told apart by their types") {
  const auto found = recorded("hybrid_6p_8e").survey({span(0, 19)});
  CHECK(found.chosen.performance == span(0, 11));
  CHECK(found.chosen.efficiency == span(12, 19));
  CHECK(found.chosen.origin == "CPU kinds");
  CHECK(found.chosen.note.empty());
  REQUIRE(found.cores.size() == 20);
  CHECK(found.cores[3].kind == "IntelCore");
  CHECK(found.cores[3].rank == 1);
  CHECK(found.cores[3].siblings == ids{2});
  CHECK((found.cores[3].performance && !found.cores[3].efficiency && found.cores[3].unused.empty()));
  CHECK(found.cores[12].kind == "IntelAtom");
  CHECK(found.cores[12].rank == 0);
  CHECK(found.cores[12].siblings.empty());
  CHECK((found.cores[12].efficiency && !found.cores[12].performance));
}

TEST_CASE("4 big and 4 little cores are told apart by their capacity, whichever come first") {
  const auto found = recorded("arm64_4p_4e").survey({span(0, 7)});
  CHECK(found.chosen.performance == span(4, 7));
  CHECK(found.chosen.efficiency == span(0, 3));
  CHECK(found.chosen.origin == "CPU kinds");
  CHECK(found.cores[0].kind == "capacity 446");
  CHECK(found.cores[0].rank == 0);
  CHECK(found.cores[7].kind == "capacity 1024");
  CHECK(found.cores[7].rank == 1);
}

TEST_CASE("two packages of equal cores are split between the packages, without the core that is offline") {
  const auto found = recorded("two_packages").survey({span(0, 15)});
  CHECK(found.chosen.performance == ids{0, 1, 2, 3, 8, 9, 10, 11});
  CHECK(found.chosen.efficiency == ids{4, 5, 6, 12, 13, 14});
  CHECK(found.chosen.origin == "split of equal cores");
  CHECK(unused(found, "offline") == ids{7, 15});
  CHECK(found.cores[0].siblings == ids{8});
  CHECK(found.cores[0].kind.empty());
  CHECK(found.cores[0].rank == -1);
}

TEST_CASE("an offline core is refused when it is given by hand") {
  CHECK_THAT(recorded("two_packages").problem({span(0, 15)}, {7}),
             Contains("core 7 does not exist or is not"));
}

TEST_CASE("the affinity mask decides what is left of a hybrid machine") {
  const recorded intel("hybrid_6p_8e");
  const auto mixed = intel.survey({{0, 1, 12, 13}});
  CHECK(mixed.chosen.performance == ids{0, 1});
  CHECK(mixed.chosen.efficiency == ids{12, 13});
  CHECK(unused(mixed, "not in the affinity mask").size() == 16);
  const auto alike = intel.survey({span(0, 3)});
  CHECK(alike.chosen.performance == ids{0, 1});
  CHECK(alike.chosen.efficiency == ids{2, 3});
  CHECK(alike.chosen.origin == "split of equal cores");
  const auto single = intel.survey({{5}});
  CHECK(single.chosen.performance == ids{5});
  CHECK(single.chosen.efficiency == ids{5});
  CHECK((single.cores[5].performance && single.cores[5].efficiency));
}

TEST_CASE("the container's cpuset is respected, whatever the affinity mask says") {
  recorded arm("arm64_4p_4e");
  arm.allow({3, 4, 5});
  const auto found = arm.survey({span(0, 7)});
  CHECK(found.chosen.performance == ids{4, 5});
  CHECK(found.chosen.efficiency == ids{3});
  CHECK(unused(found, "not in the container's cpuset") == ids{0, 1, 2, 6, 7});
}

TEST_CASE("cores given by hand come before the machine's kinds") {
  const recorded intel("hybrid_6p_8e");
  const auto found = intel.survey({span(0, 19)}, {12}, {0, 1});
  CHECK(found.chosen.performance == ids{12});
  CHECK(found.chosen.efficiency == ids{0, 1});
  CHECK(found.chosen.origin == "given");
  CHECK(unused(found, "not given").size() == 17);
}

TEST_CASE("a quota makes the classes smaller in proportion, threads of one physical core last") {
  const recorded intel("hybrid_6p_8e");
  const auto ten = intel.survey(quota(10.9, span(0, 19)));
  CHECK(ten.chosen.performance == ids{0, 2, 4, 6, 8, 10});
  CHECK(ten.chosen.efficiency == span(12, 15));
  CHECK(ten.chosen.origin == "CPU kinds");
  CHECK(ten.chosen.note == "a CPU quota leaves 10.9 of 20 cores (cpu.max)");
  CHECK(unused(ten, "over the CPU quota") == ids{1, 3, 5, 7, 9, 11, 16, 17, 18, 19});
  const auto fifteen = intel.survey(quota(15, span(0, 19)));
  CHECK(fifteen.chosen.performance == ids{0, 1, 2, 3, 4, 5, 6, 8, 10});
  CHECK(fifteen.chosen.efficiency == span(12, 17));
}

TEST_CASE("whatever the quota, its whole cores are used and each class has one") {
  for (const auto* name : {"hybrid_6p_8e", "arm64_4p_4e", "two_packages"}) {
    const recorded machine(name);
    const auto free = machine.survey({span(0, 19)}).chosen;
    const auto all = free.performance.size() + free.efficiency.size();
    for (std::size_t whole = 2; whole <= all; ++whole) {
      INFO(name << " with a quota of " << whole);
      const auto found = machine.survey(quota(static_cast<double>(whole), span(0, 19))).chosen;
      CHECK(found.performance.size() + found.efficiency.size() == whole);
      CHECK_FALSE(found.performance.empty());
      CHECK_FALSE(found.efficiency.empty());
      CHECK(found.note.empty() == (whole == all));
    }
  }
}

TEST_CASE("a quota of less than two cores leaves one core, of the performance class, for both") {
  for (const double cores : {1.99, 1.0, 0.25}) {
    const auto found = recorded("arm64_4p_4e").survey(quota(cores, span(0, 7)));
    CHECK(found.chosen.performance == ids{4});
    CHECK(found.chosen.efficiency == ids{4});
    CHECK(found.chosen.origin == "one core for both");
    CHECK(unused(found, "over the CPU quota").size() == 7);
  }
}

TEST_CASE("a quota never takes from a list given by hand") {
  const recorded arm("arm64_4p_4e");
  const auto performance = arm.survey(quota(3, span(0, 7)), {6, 7}).chosen;
  CHECK(performance.performance == ids{6, 7});
  CHECK(performance.efficiency == ids{0});
  const auto efficiency = arm.survey(quota(1, span(0, 7)), {}, {0, 1}).chosen;
  CHECK(efficiency.performance == ids{2});
  CHECK(efficiency.efficiency == ids{0, 1});
  const auto both = arm.survey(quota(2, span(0, 7)), {4, 5}, {0, 1}).chosen;
  CHECK(both.performance == ids{4, 5});
  CHECK(both.efficiency == ids{0, 1});
  CHECK(both.note ==
        "a CPU quota leaves 2 of 4 cores (cpu.max); the lists given by hand are taken all the same");
}

TEST_CASE("on the one core that there is, a quota is said and changes nothing") {
  const auto found = recorded("arm64_4p_4e").survey(quota(0.5, {2}));
  CHECK(found.chosen.performance == ids{2});
  CHECK(found.chosen.efficiency == ids{2});
  CHECK(found.chosen.note == "a CPU quota leaves 0.5 of 1 cores (cpu.max)");
  CHECK(recorded("arm64_4p_4e").survey(quota(1, {2})).chosen.note.empty());
}

TEST_CASE("each of this machine's cores has a row that says whether it is used, or why not") {
  const auto found = survey_cores();
  REQUIRE(found.ok());
  ids performance, efficiency;
  for (const auto& row : found->cores) {
    INFO("core " << row.id);
    if (row.performance) performance.push_back(row.id);
    if (row.efficiency) efficiency.push_back(row.id);
    CHECK(row.unused.empty() == (row.performance || row.efficiency));
  }
  CHECK(performance == found->chosen.performance);
  CHECK(efficiency == found->chosen.efficiency);
}
