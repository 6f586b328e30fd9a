#include "vesta/runtime/outbox.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <latch>
#include <memory>

#include "support/test_node.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/topology.hpp"
#include "vesta/runtime/node.hpp"

using namespace vesta;

namespace {

struct drop {};
VESTA_MESSAGE(drop);
struct pour {
  int bursts = 0;
};
VESTA_MESSAGE(pour);

using basin_actor = caf::typed_actor<caf::reacts_to<drop>>;
using tap_actor = caf::typed_actor<caf::reacts_to<pour>>;

constexpr int drops_a_burst = 1000;

/// What the two tell the test. Written by their one worker.
struct gauge {
  std::int64_t poured = 0, drained = 0, highest = 0;
  std::latch empty{1};
};

class basin {
public:
  using interface = basin_actor;
  explicit basin(context& self) : gauge_(self.use<gauge>()) {}
  void on(const drop&) { ++gauge_.drained; }

private:
  gauge& gauge_;
};

class tap {
public:
  using interface = tap_actor;
  explicit tap(context& self) : self_(self), gauge_(self.use<gauge>()) {}
  void on(const pour& what) {
    gauge_.highest = std::max(gauge_.highest, gauge_.poured - gauge_.drained);
    if (what.bursts == 0) return gauge_.empty.count_down();
    for (int i = 0; i < drops_a_burst; ++i) self_.send(self_.peer<basin_actor>("basin"), drop{});
    gauge_.poured += drops_a_burst;
    self_.send(self_.peer<tap_actor>("tap"), pour{what.bursts - 1});
  }

private:
  context& self_;
  gauge& gauge_;
};

/// Another node, which ends while an actor of the first one is sending to it.
struct neighbour {
  std::unique_ptr<node> house;
  basin_actor door;
  std::latch gone{1};
};

class caller {
public:
  using interface = tap_actor;
  explicit caller(context& self) : self_(self), next_(self.use<neighbour>()) {}
  void on(const pour&) {
    self_.send(std::exchange(next_.door, {}), drop{}); // the last address of that actor
    next_.house.reset();
    next_.gone.count_down();
  }

private:
  context& self_;
  neighbour& next_;
};

struct two_steps {
  std::latch both_wait{1}, second_ran{1}, go_on{1};
};

/// Sends to the second actor, and then has a message that lasts.
class first {
public:
  using interface = tap_actor;
  explicit first(context& self) : self_(self), steps_(self.use<two_steps>()) {}
  void on(const pour& what) {
    if (what.bursts == 2) return steps_.go_on.wait();
    steps_.both_wait.wait();
    self_.send(self_.peer<basin_actor>("second"), drop{});
  }

private:
  context& self_;
  two_steps& steps_;
};

class second {
public:
  using interface = basin_actor;
  explicit second(context& self) : steps_(self.use<two_steps>()) {}
  void on(const drop&) { steps_.second_ran.count_down(); }

private:
  two_steps& steps_;
};

platform::topology one_core_each() {
  auto cores = platform::find_topology();
  REQUIRE(cores.ok());
  cores->performance.resize(1);
  cores->efficiency.resize(1);
  return *cores;
}

} // namespace

TEST_CASE("who sends to one that has fallen behind has its next turn later", "[concurrent]") {
  gauge level;
  services lent;
  lent.lend(level);
  constexpr std::size_t unlimited = 1 << 20;
  const auto spec = [](const char* name) {
    return actor_spec{.name = name, .where = placement::performance(), .inbox_limit = unlimited};
  };
  node house({.cores = one_core_each()},
             {.name = "root", .actors = {spec_of<basin>(spec("basin")), spec_of<tap>(spec("tap"))}}, lent);
  house.start();
  house.send(house.find<tap_actor>("tap"), pour{200});
  level.empty.wait();
  CHECK(level.highest > 0);
  CHECK(level.highest < 20'000); // of 200,000
}

TEST_CASE("whom a message has made ready does not wait for the next message of the same turn",
          "[concurrent]") {
  const bool before_its_start =
      GENERATE(false, true); // when both wait for the actor, it serves them in one go
  two_steps steps;
  services lent;
  lent.lend(steps);
  node house({.cores = one_core_each()},
             {.name = "root",
              .actors = {spec_of<second>({.name = "second", .where = placement::performance()}),
                         spec_of<first>({.name = "first", .where = placement::performance()})}},
             lent);
  if (!before_its_start) house.start();
  const auto whom = house.find<tap_actor>("first");
  house.send(whom, pour{1});
  house.send(whom, pour{2});
  if (before_its_start) house.start();
  steps.both_wait.count_down();
  CHECK(test::soon([&] { return steps.second_ran.try_wait(); })); // it need not wait for the first actor
  steps.go_on.count_down();
}

TEST_CASE("what an actor sends keeps its receiver, also one of a node that ends meanwhile", "[concurrent]") {
  gauge level;
  neighbour next;
  services lent;
  lent.lend(level);
  lent.lend(next);
  next.house = std::make_unique<node>(
      node_options{.cores = one_core_each()},
      supervisor_spec{.name = "root", .actors = {spec_of<basin>({.name = "basin"})}}, lent);
  next.house->start();
  next.door = next.house->find<basin_actor>("basin");
  node house({.cores = one_core_each()}, {.name = "root", .actors = {spec_of<caller>({.name = "caller"})}},
             lent);
  house.start();
  house.send(house.find<tap_actor>("caller"), pour{});
  next.gone.wait();
  house.stop();
  CHECK_FALSE(next.house);
}
