#include "support/captured_log.hpp"
#include "support/counter.hpp"
#include "support/test_node.hpp"
#include "vesta/runtime/node_counters.hpp"

using namespace vesta;
using namespace vesta::test;
using text_lines = std::vector<std::string>;

namespace {

/// Cannot be built until a test says so.
struct building_site {
  std::atomic<int> failures_left{0};
  std::atomic<int> built{0};
};

class brittle {
public:
  using interface = listener_actor;
  explicit brittle(context& self) {
    auto& site = self.use<building_site>();
    if (site.failures_left-- > 0) throw std::runtime_error("the foundation is missing");
    ++site.built;
  }
  void on(const added&) {}
  sum on(const sum_request&) { return {}; }
};

class clumsy_listener final : public supervision_listener {
public:
  void on_failure(const failure&, remedy) override { throw std::runtime_error("no more paper"); }
  void on_recovered(const recovered&) override { throw 0; }
  void on_escalated_to_root(const escalation&) override {}
};

} // namespace

TEST_CASE("a listener that throws is told in the log, and the cure goes on") {
  building_site site;
  site.failures_left = 1;
  services lent;
  lent.lend(site);
  captured_log log;
  clumsy_listener listener;
  node house({.listener = &listener, .hosted = true},
             {.name = "root", .actors = {spec_of<brittle>({.name = "brittle"})}}, lent);
  house.start();
  CHECK(house.ask<sum>(house.find<listener_actor>("brittle"), sum_request{}));
  CHECK(site.built == 1);
  CHECK_THAT(log.wait_for("exception"),
             Catch::Contains("the supervision listener failed; its tree goes on") &&
                 Catch::Contains("no more paper"));
}

TEST_CASE("a start that fails is supervised like any other failure", "[concurrent]") {
  building_site site;
  site.failures_left = 2;
  services lent;
  lent.lend(site);
  test_node node{{spec_of<brittle>({.name = "brittle"})}, {.count = 5}, lent};
  CHECK(node.log.wait_for(3) ==
        text_lines{"brittle: restart", "brittle: restart", "brittle: cured by restart"});
  CHECK(site.built == 1);
  CHECK(node.log.failures().front().code == error_code::start_failed);
}

TEST_CASE("too many restarts escalate, and at the root the actor is isolated and safe mode begins",
          "[concurrent]") {
  building_site site;
  site.failures_left = 1000;
  services lent;
  lent.lend(site);
  test_node node{{spec_of<brittle>({.name = "brittle"})}, {.count = 2}, lent};
  const auto seen = node.log.wait_for(5);
  CHECK(seen == text_lines{"brittle: restart", "brittle: restart", "brittle: escalate",
                           "brittle: safe mode, given up by group root", "brittle: cured by isolate"});
}

TEST_CASE("a parent with restarts to spend lets the whole group below begin anew", "[concurrent]") {
  building_site site;
  site.failures_left = 4; // the start, two restarts, and the one of the group
  attempts tries;
  services lent;
  lent.lend(site);
  lent.lend(tries);
  test_node node{{spec_of<brittle>({.name = "brittle"}), spec_of<forgetful_counter>({.name = "counter"})},
                 {.count = 2},
                 lent,
                 {.count = 1}};
  const auto seen = node.log.wait_for(5);
  CHECK(std::ranges::count(seen, "brittle: escalate") == 1);
  CHECK(std::ranges::count(seen, "brittle: cured by restart") == 1);
  CHECK(site.built == 1);
  CHECK(node.ask<sum>(node.find<counter_actor>("counter"), sum_request{})->incarnation == 2);
}

TEST_CASE("one child's restarts do not touch its sibling", "[concurrent]") {
  attempts tries;
  services lent;
  lent.lend(tries);
  test_node node{
      {spec_of<forgetful_counter>({.name = "a"}), spec_of<forgetful_counter>({.name = "b"})}, {}, lent};
  node.send(node.find<counter_actor>("b"), add{9});
  REQUIRE(node.ask<sum>(node.find<counter_actor>("a"), sum_request{}));
  node->kill("a", "a test");
  node.log.wait_for(2);
  CHECK(node.ask<sum>(node.find<counter_actor>("a"), sum_request{})->incarnation == 2);
  CHECK(node.ask<sum>(node.find<counter_actor>("b"), sum_request{})->incarnation == 1);
  CHECK(node.ask<sum>(node.find<counter_actor>("b"), sum_request{})->value == 9);
}

TEST_CASE("a temporary actor that fails is stopped", "[concurrent]") {
  test_node node{{spec_of<forgetful_counter>({.name = "counter", .restart = restart_kind::temporary})}};
  node.send(node.find<counter_actor>("counter"), add{-1});
  CHECK(node.log.wait_for(1) == text_lines{"counter: stop"});
  CHECK_FALSE(node.ask<sum>(node.find<counter_actor>("counter"), sum_request{}));
  CHECK(node.error == error_code::actor_stopped);
}

TEST_CASE("two actors of one name are refused when the node is made") {
  CHECK_THROWS_AS(test_node({spec_of<listener>({.name = "twin"}), spec_of<listener>({.name = "twin"})}),
                  std::invalid_argument);
}

TEST_CASE("a node can be stopped twice and with messages in flight", "[concurrent]") {
  test_node node{{spec_of<forgetful_counter>({.name = "counter"})}};
  for (int i = 0; i < 1000; ++i) node.send(node.find<counter_actor>("counter"), add{1});
  node->stop();
  const auto handled = node->counters().total().handled;
  node->stop();
  CHECK(handled > 0); // what was counted stays
  CHECK(node->counters().total().handled == handled);
  CHECK_THROWS_WITH(node.find<counter_actor>("counter"), "the node has stopped");
  CHECK_FALSE(node->release("counter"));
}
