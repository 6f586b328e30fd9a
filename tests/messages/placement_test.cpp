#include <catch2/catch.hpp>

#include "vesta/messages/placement.hpp"

using vesta::placement;

TEST_CASE("a placement comes back from an actor's flags, whatever the other bits are") {
  std::vector<placement> all{placement::any(), placement::performance(), placement::efficiency()};
  for (int core = 0; core <= placement::core_max; ++core) all.push_back(placement::on_core(core));
  for (const placement& p : all) {
    const int flags = vesta::placement_flags(p);
    CHECK((flags & ~vesta::placement_mask) == 0);
    CHECK(vesta::placement_of(flags) == p);
    CHECK(vesta::placement_of(flags | ~vesta::placement_mask) == p);
  }
}

TEST_CASE("an actor without placement bits runs anywhere") {
  CHECK(vesta::placement_of(0) == placement::any());
  CHECK(vesta::placement_flags(placement::any()) == 0);
}

TEST_CASE("a placement prints as a person would say it") {
  CHECK(to_string(placement::any()) == "any");
  CHECK(to_string(placement::performance()) == "performance");
  CHECK(to_string(placement::efficiency()) == "efficiency");
  CHECK(to_string(placement::on_core(3)) == "core 3");
}
