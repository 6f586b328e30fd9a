#include "vesta/platform/topology.hpp"

#include <catch2/catch.hpp>
#include <hwloc.h>
#include <memory>

#include "vesta/platform/topology_hwloc.hpp"

using namespace vesta::platform;
using Catch::Matchers::Contains;
using list = std::vector<int>;

namespace {

using machine = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;

/// A machine as hwloc would describe it, such as "core:4 pu:2".
machine make_machine(const char* description) {
  hwloc_topology_t raw = nullptr;
  REQUIRE(hwloc_topology_init(&raw) == 0);
  REQUIRE(hwloc_topology_set_synthetic(raw, description) == 0);
  REQUIRE(hwloc_topology_load(raw) == 0);
  return {raw, &hwloc_topology_destroy};
}

void add_kind(const machine& to, const list& cores, int efficiency) {
  hwloc_bitmap_t set = hwloc_bitmap_alloc();
  for (int id : cores) hwloc_bitmap_set(set, static_cast<unsigned>(id));
  REQUIRE(hwloc_cpukinds_register(to.get(), set, efficiency, 0, nullptr, 0) == 0);
  hwloc_bitmap_free(set);
}

list range(int first, int last) {
  list result;
  for (int id = first; id <= last; ++id) result.push_back(id);
  return result;
}

std::string problem(const absl::StatusOr<topology>& result) {
  REQUIRE(absl::IsInvalidArgument(result.status()));
  return std::string(result.status().message());
}

} // namespace

TEST_CASE("a core list is numbers and ranges, sorted and without repeats") {
  CHECK(*parse_core_list("0") == list{0});
  CHECK(*parse_core_list("0,2-5") == list{0, 2, 3, 4, 5});
  CHECK(*parse_core_list("7,3-4,3,7") == list{3, 4, 7});
  CHECK(*parse_core_list("1023") == list{1023});
}

TEST_CASE("a bad core list is refused with the part that is wrong") {
  for (const auto* text :
       {"", ",", "1,", ",1", "1,,2", "a", "1x", "-1", "1-", "1-2-3", "1--2", " 1", "1.5"}) {
    INFO("'" << text << "'");
    const auto result = parse_core_list(text);
    REQUIRE(absl::IsInvalidArgument(result.status()));
    CHECK_THAT(std::string(result.status().message()),
               Contains("is not a core or a range of cores; write it like"));
  }
  CHECK_THAT(std::string(parse_core_list("0,5-2").status().message()),
             Contains("'5-2' is a range that runs backwards"));
  for (const auto* text : {"1024", "0-1024", "99999999999999999999", "3-99999999999999999999"})
    CHECK_THAT(std::string(parse_core_list(text).status().message()),
               Contains("above the highest possible core"));
}

TEST_CASE("this machine's cores are each in a class, or both classes share the only one") {
  const auto found = find_topology();
  REQUIRE(found.ok());
  REQUIRE_FALSE(found->performance.empty());
  REQUIRE_FALSE(found->efficiency.empty());
  const auto usable = found->performance.size() + found->efficiency.size();
  if (found->origin == "one core for both")
    CHECK(found->performance == found->efficiency);
  else
    CHECK(usable >= 2);
}

TEST_CASE("cores of several kinds are classed by kind, the most powerful against the rest") {
  const auto hybrid = make_machine("core:8 pu:1");
  add_kind(hybrid, range(0, 3), 10);
  add_kind(hybrid, range(4, 5), 5);
  add_kind(hybrid, range(6, 7), 1);
  const auto found = assign_cores(hybrid.get(), range(0, 7), {}, {});
  REQUIRE(found.ok());
  CHECK(found->performance == range(0, 3));
  CHECK(found->efficiency == range(4, 7));
  CHECK(found->origin == "CPU kinds");
}

TEST_CASE("kinds count only among the cores that this process may use") {
  const auto hybrid = make_machine("core:8 pu:1");
  add_kind(hybrid, range(0, 3), 10);
  add_kind(hybrid, range(4, 7), 1);
  const auto mixed = assign_cores(hybrid.get(), {3, 4, 5}, {}, {});
  REQUIRE(mixed.ok());
  CHECK(mixed->performance == list{3});
  CHECK(mixed->efficiency == list{4, 5});
  const auto alike = assign_cores(hybrid.get(), {4, 5, 6}, {}, {});
  REQUIRE(alike.ok());
  CHECK(alike->performance == list{4, 5});
  CHECK(alike->efficiency == list{6});
  CHECK(alike->origin == "split of equal cores");
}

TEST_CASE("equal cores are split in halves, the odd one for performance") {
  const auto found = assign_cores(make_machine("core:5 pu:1").get(), range(0, 4), {}, {});
  REQUIRE(found.ok());
  CHECK(found->performance == range(0, 2));
  CHECK(found->efficiency == range(3, 4));
  CHECK(found->origin == "split of equal cores");
}

TEST_CASE("hardware threads of one core are not split, unless it is the only core") {
  const auto four = make_machine("core:4 pu:2(indexes=0,4,1,5,2,6,3,7)");
  const auto found = assign_cores(four.get(), range(0, 7), {}, {});
  REQUIRE(found.ok());
  CHECK(found->performance == list{0, 1, 4, 5});
  CHECK(found->efficiency == list{2, 3, 6, 7});
  const auto one = assign_cores(make_machine("core:1 pu:2").get(), {0, 1}, {}, {});
  REQUIRE(one.ok());
  CHECK(one->performance == list{0});
  CHECK(one->efficiency == list{1});
}

TEST_CASE("a machine with one core runs both classes on it") {
  const auto single = make_machine("core:4 pu:1");
  const auto found = assign_cores(single.get(), {2}, {}, {});
  REQUIRE(found.ok());
  CHECK(found->performance == list{2});
  CHECK(found->efficiency == list{2});
  CHECK(found->origin == "one core for both");
  CHECK(assign_cores(single.get(), {2}, {2}, {2}).ok());
  CHECK_THAT(problem(assign_cores(single.get(), {2}, {0}, {})), Contains("core 0 does not exist"));
}

TEST_CASE("a list given by hand is taken, and the other class gets what is left") {
  const auto four = make_machine("core:4 pu:1");
  const auto both = assign_cores(four.get(), range(0, 3), {3}, {1, 1});
  REQUIRE(both.ok());
  CHECK(both->performance == list{3});
  CHECK(both->efficiency == list{1});
  CHECK(both->origin == "given");
  CHECK(assign_cores(four.get(), range(0, 3), {0, 2}, {})->efficiency == list{1, 3});
  CHECK(assign_cores(four.get(), range(0, 3), {}, {3})->performance == list{0, 1, 2});
}

TEST_CASE("a list given by hand is refused when it cannot work") {
  const auto four = make_machine("core:4 pu:1");
  const list usable = {0, 1, 3};
  CHECK_THAT(problem(assign_cores(four.get(), usable, {9}, {})),
             Contains("core 9 does not exist or is not this process's to use; choose from 0,1,3"));
  CHECK_THAT(problem(assign_cores(four.get(), usable, {}, {2})), Contains("core 2 does not exist"));
  CHECK_THAT(problem(assign_cores(four.get(), usable, {0, 1}, {1, 3})), Contains("core 1 is given both"));
  CHECK_THAT(problem(assign_cores(four.get(), usable, {0, 1, 3}, {})), Contains("leave at least one"));
}

TEST_CASE("a core that this machine lacks is refused by find_topology") {
  CHECK_THAT(problem(find_topology({1023})), Contains("core 1023 does not exist"));
}

TEST_CASE("cores that are not said are found, and those that are said stay") {
  const auto found = find_topology();
  REQUIRE(found.ok());
  const auto whole = completed({});
  REQUIRE(whole.ok());
  CHECK(whole->performance == found->performance);
  CHECK(whole->efficiency == found->efficiency);
  const auto said = completed({{0, 0}, {0}, "given"});
  REQUIRE(said.ok());
  CHECK(said->performance == list{0});
  CHECK(said->efficiency == list{0});
}

TEST_CASE("a core that this machine can never have is refused, in one list or in both") {
  CHECK_THAT(problem(completed({.performance = {4095}})), Contains("4095"));
  CHECK_THAT(problem(completed({{0}, {0, 4095}})), Contains("core 4095 does not exist"));
}
