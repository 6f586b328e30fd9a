#include "vesta/runtime/directory.hpp"

using namespace vesta;
using Catch::Matchers::Contains;

TEST_CASE("an actor is found by its name, and the others come in the order of their start") {
  directory all;
  all.add({.name = "zones"});
  all.add({.name = "fire", .interface = typeid(int)});
  REQUIRE(all.find("fire") != nullptr);
  CHECK(all.find("fire")->interface == typeid(int));
  CHECK(all.find("fir") == nullptr);
  REQUIRE(all.entries().size() == 2);
  CHECK(all.entries()[0].name == "zones");
}

TEST_CASE("a name that is taken is refused, and the first bearer keeps it") {
  directory all;
  all.add({.name = "fire", .interface = typeid(int)});
  CHECK_THROWS_WITH(all.add({.name = "fire"}), Contains("\"fire\""));
  CHECK(all.find("fire")->interface == typeid(int));
  CHECK(all.entries().size() == 1);
}

TEST_CASE("a cleared directory knows nobody and takes the same names again") {
  directory all;
  all.add({.name = "fire"});
  all.clear();
  CHECK(all.find("fire") == nullptr);
  all.add({.name = "fire"});
  CHECK(all.find("fire") != nullptr);
}
