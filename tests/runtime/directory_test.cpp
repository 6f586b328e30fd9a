#include "vesta/runtime/directory.hpp"

#include <catch2/catch.hpp>

using namespace vesta;

namespace {

directory::entry entry_named(std::string name, std::type_index interface = typeid(void)) {
  return {.spec = std::make_shared<const actor_spec>(
              actor_spec{.name = std::move(name), .interface = interface})};
}

} // namespace

TEST_CASE("an actor is found by its name, and the others come in the order of their start") {
  directory all;
  CHECK(all.add(entry_named("zones")));
  CHECK(all.add(entry_named("fire", typeid(int))));
  REQUIRE(all.find("fire"));
  CHECK(all.find("fire")->spec->interface == typeid(int));
  CHECK_FALSE(all.find("fir"));
  REQUIRE(all.entries().size() == 2);
  CHECK(all.entries()[0]->name() == "zones");
}

TEST_CASE("a name that is taken is refused, and the first bearer keeps it") {
  directory all;
  CHECK(all.add(entry_named("fire", typeid(int))));
  all.add_supervisor("over", {}, {});
  for (const bool settled : {false, true}) {
    if (settled) all.settle();
    CHECK_FALSE(all.add(entry_named("fire")));
    CHECK_FALSE(all.add(entry_named("over")));
  }
  CHECK(all.add(entry_named("late", typeid(int))));
  CHECK_FALSE(all.add(entry_named("late")));
  CHECK(all.find("fire")->spec->interface == typeid(int));
  CHECK(all.find("late")->spec->interface == typeid(int));
  CHECK(all.entries().size() == 2);
}

TEST_CASE("who is removed is not found, early or late, and its name is free again") {
  directory all;
  all.add(entry_named("early"));
  all.settle();
  all.add(entry_named("late"));
  for (const auto* name : {"early", "late"}) {
    const auto held = all.find(name);
    CHECK(all.remove(name));
    CHECK_FALSE(all.remove(name));
    CHECK_FALSE(all.find(name));
    CHECK(held->name() == name); // good for who still has it
    CHECK(all.add(entry_named(name, typeid(int))));
    CHECK(all.find(name)->spec->interface == typeid(int));
  }
  CHECK(all.entries().size() == 2);
}

TEST_CASE("a cleared directory knows nobody and takes the same names again") {
  directory all;
  all.add(entry_named("fire"));
  all.clear();
  CHECK_FALSE(all.find("fire"));
  CHECK(all.add(entry_named("fire")));
  CHECK(all.find("fire"));
}
