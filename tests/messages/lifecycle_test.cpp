#include <catch2/catch.hpp>

#include <array>

#include "vesta/messages/lifecycle.hpp"

using namespace vesta;

namespace {

constexpr std::array<const char*, lifecycle_count> names = {
    "discovered", "building",  "built",  "verifying", "verified",    "canary",
    "staged",     "probation", "active", "draining",  "quarantined", "unloaded"};

/// One row a state in the order above, one column for each state that it may go to.
constexpr std::array<const char*, lifecycle_count> expected = {
    ".xx........x", // discovered
    "..x........x", // building
    "...x.......x", // built
    "....x.....xx", // verifying
    ".....xx...xx", // verified
    "......x...xx", // canary
    ".......x..xx", // staged
    "........x.xx", // probation
    ".........xx.", // active
    "........x..x", // draining
    "...........x", // quarantined
    "............", // unloaded
};

} // namespace

TEST_CASE("a version may go where the table of legal transitions says, and nowhere else") {
  for (std::size_t from = 0; from < lifecycle_count; ++from)
    for (std::size_t to = 0; to < lifecycle_count; ++to) {
      INFO(names[from] << " to " << names[to]);
      CHECK(may_go(static_cast<lifecycle>(from), static_cast<lifecycle>(to)) == (expected[from][to] == 'x'));
    }
}

TEST_CASE("each state of the lifecycle has its name") {
  for (std::size_t i = 0; i < lifecycle_count; ++i) CHECK(to_string(static_cast<lifecycle>(i)) == names[i]);
}
