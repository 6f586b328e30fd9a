#include "vesta/runtime/restart_gate.hpp"

#include <catch2/catch.hpp>

using namespace vesta;

TEST_CASE("as many restart at a time as may, and the others follow in their order") {
  restart_gate gate;
  CHECK(gate.enter(1, 2, 0));
  CHECK(gate.enter(2, 2, 0));
  CHECK_FALSE(gate.enter(3, 2, 0));
  CHECK_FALSE(gate.enter(4, 2, 0));
  CHECK_FALSE(gate.next(2, 0));
  gate.leave(2);
  CHECK(gate.next(2, 0) == 3);
  CHECK_FALSE(gate.next(2, 0));
  CHECK_FALSE(gate.enter(5, 3, 0)); // behind the one that waits
  CHECK(gate.next(3, 0) == 4);
}

TEST_CASE("who leaves the line is passed over") {
  restart_gate gate;
  CHECK(gate.enter(1, 1, 0));
  CHECK_FALSE(gate.enter(2, 1, 0));
  CHECK_FALSE(gate.enter(3, 1, 0));
  gate.leave(2);
  gate.leave(1);
  CHECK(gate.next(1, 0) == 3);
  gate.leave(3);
  CHECK(gate.is_empty());
}

TEST_CASE("a restart that hangs holds up the others for a second") {
  restart_gate gate;
  CHECK(gate.enter(1, 1, 0));
  CHECK_FALSE(gate.enter(2, 1, 0));
  CHECK_FALSE(gate.next(1, restart_gate::patience_ns - 1));
  CHECK(gate.next(1, restart_gate::patience_ns) == 2);
}
