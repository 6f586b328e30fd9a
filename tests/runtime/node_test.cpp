#include <thread>

#include "support/captured_log.hpp"
#include "support/counter.hpp"
#include "support/test_node.hpp"
#include "vesta/runtime/node_counters.hpp"

using namespace vesta;
using namespace vesta::test;
using Catch::Matchers::Contains;

namespace {

/// Says when it comes and when it goes.
struct register_of_lives {
  std::mutex mutex;
  std::vector<std::string> lines;
  void add(std::string line) {
    const std::lock_guard lock{mutex};
    lines.push_back(std::move(line));
  }
};

class mortal {
public:
  using interface = listener_actor;
  explicit mortal(context& self) : self_(self) { note(" comes"); }
  ~mortal() { note(" goes"); }
  void on(const added&) {}
  sum on(const sum_request&) { return {0, self_.incarnation()}; }

private:
  void note(const char* what) { self_.use<register_of_lives>().add(self_.actor_name() + what); }
  context& self_;
};

/// Does what no handler may.
struct meddler_friend {
  node* house = nullptr;
};
class meddler {
public:
  using interface = listener_actor;
  explicit meddler(context& self) : house_(self.use<meddler_friend>()) {}
  void on(const added& what) {
    what.amount == 0 ? house_.house->stop() : void(house_.house->children("root"));
  }
  sum on(const sum_request&) { return {}; }

private:
  meddler_friend& house_;
};

/// Draws from its stream of random numbers.
class gambler {
public:
  using interface = listener_actor;
  explicit gambler(context& self) : self_(self) {}
  void on(const added&) {}
  sum on(const sum_request&) { return {static_cast<std::int64_t>(self_.random("dice").next() >> 1), 0}; }

private:
  context& self_;
};

node_options options(std::uint64_t seed = 1) {
  return {.cores = platform::find_topology().value(), .seed = seed};
}

std::int64_t value_of(node& all, std::string_view name) {
  const auto answer = all.ask<sum>(all.find<listener_actor>(name), sum_request{});
  return answer ? answer->value : -1;
}

std::int64_t first_throw(std::uint64_t seed, const std::string& name) {
  node all{options(seed), {.name = "root", .actors = {spec_of<gambler>({.name = name})}}, {}};
  all.start();
  return value_of(all, name);
}

} // namespace

TEST_CASE("addresses exist before the start, and what was sent to them is served after it", "[concurrent]") {
  node all{options(), {.name = "root", .actors = {spec_of<listener>({.name = "ear"})}}, {}};
  all.send(all.find<listener_actor>("ear"), added{4});
  all.send(all.find<listener_actor>("ear"), added{5});
  all.start();
  CHECK(value_of(all, "ear") == 9);
}

TEST_CASE("an unknown name and a wrong interface are errors that say which") {
  node all{options(), {.name = "root", .actors = {spec_of<listener>({.name = "ear"})}}, {}};
  CHECK_THROWS_WITH(all.find<listener_actor>("eye"), Contains("no actor is named \"eye\""));
  CHECK_THROWS_WITH(all.find<counter_actor>("ear"), Contains("\"ear\" has another interface"));
  CHECK_FALSE(all.kill("eye", "a test"));
  CHECK_FALSE(all.release("eye"));
}

TEST_CASE("a handler that waits for its own node is told so, instead of waiting for itself", "[concurrent]") {
  for (const bool hosted : {false, true}) {
    meddler_friend lent_to;
    decision_log log;
    services lent;
    lent.lend(lent_to);
    node house(
        {.listener = &log, .hosted = hosted},
        {.name = "root", .actors = {spec_of<meddler>({.name = "meddler", .chain = {{remedy::set_aside}}})}},
        lent);
    lent_to.house = &house;
    house.start();
    const auto address = house.find<listener_actor>("meddler");
    for (int i = 0; i < 2; ++i) house.send(address, added{i});
    CHECK(house.ask<sum>(address, sum_request{}));
    REQUIRE(log.failures().size() == 2);
    CHECK_THAT(log.failures()[0].text, Contains("node::stop waits for actors"));
    CHECK_THAT(log.failures()[1].text, Contains("node::change waits for actors"));
  }
}

TEST_CASE("who looks up names and counters while another thread stops the node hears that it has stopped",
          "[concurrent]") {
  for (int round = 0; round < 20; ++round) {
    test_node house{{spec_of<counter>({.name = "counter"}), spec_of<listener>({.name = "listener"})}};
    std::thread stops([&] { house->stop(); });
    std::string said;
    bool all_there = true;
    while (said.empty()) {
      house->release("listener");
      all_there &= house->counters().kinds.size() == 2;
      try {
        house.find<counter_actor>("counter");
      } catch (const std::logic_error& error) {
        said = error.what();
      }
    }
    stops.join();
    CHECK(said == "the node has stopped");
    CHECK(all_there);
  }
}

TEST_CASE("children stop in the reverse order of their start, a subtree whole", "[concurrent]") {
  register_of_lives lives;
  services lent;
  lent.lend(lives);
  const auto make = [](const char* name) { return spec_of<mortal>({.name = name}); };
  node all{options(),
           {.name = "root",
            .supervisors = {{.name = "left", .actors = {make("a"), make("b")}},
                            {.name = "right", .actors = {make("c")}}}},
           lent};
  all.start();
  for (const auto* name : {"a", "b", "c"}) value_of(all, name); // they live
  all.stop();
  REQUIRE(lives.lines.size() == 6);
  CHECK(std::vector<std::string>(lives.lines.begin() + 3, lives.lines.end()) ==
        std::vector<std::string>{"c goes", "b goes", "a goes"});
}

TEST_CASE("the directory lists the actors and counts their messages", "[concurrent]") {
  node all{options(), {.name = "root", .actors = {spec_of<listener>({.name = "ear"})}}, {}};
  all.start();
  for (int i = 0; i < 5; ++i) all.send(all.find<listener_actor>("ear"), added{1});
  CHECK(value_of(all, "ear") == 5);
  REQUIRE(all.actors().entries().size() == 1);
  CHECK(all.actors().find("ear")->counters->handled >= 5);
  CHECK(all.actors().find("ear")->counters->failures == 0);
}

TEST_CASE("an actor's random numbers depend on the node's seed and on its name", "[concurrent]") {
  const auto drawn = first_throw(1, "anne");
  CHECK(first_throw(1, "anne") == drawn);
  CHECK(first_throw(2, "anne") != drawn);
  CHECK(first_throw(1, "bert") != drawn);
}

TEST_CASE("a node that is given no cores finds them itself", "[concurrent]") {
  node all{{}, {.name = "root", .actors = {spec_of<listener>({.name = "ear"})}}, {}};
  all.start();
  all.send(all.find<listener_actor>("ear"), added{4});
  CHECK(value_of(all, "ear") == 4);
}

TEST_CASE("a node that is given a core that is not there says so") {
  CHECK_THROWS_WITH(node({.cores = {.performance = {4095}}}, {.name = "root"}, {}), Contains("4095"));
}

TEST_CASE("without a listener the log says that an actor was isolated, why, and what to do", "[concurrent]") {
  captured_log log; // outlives the node
  attempts tries;
  services lent;
  lent.lend(tries);
  node all{options(),
           {.name = "root",
            .actors = {spec_of<counter>({.name = "counter"}), spec_of<listener>({.name = "listener"})}},
           std::move(lent)};
  all.start();
  const auto counter = all.find<counter_actor>("counter");
  all.send(counter, add_after{1, 1000});
  const auto text = log.wait_for("release");
  CHECK_THAT(text, Contains("counter failed on") && Contains("node.release(\"counter\")"));

  auto why = error_code::none;
  CHECK_FALSE(all.ask<sum>(counter, sum_request{}, std::chrono::seconds(10), &why));
  CHECK(why == error_code::actor_isolated);
  CHECK(all.release("counter"));
  CHECK(all.ask<sum>(counter, sum_request{}, std::chrono::seconds(10), &why));
  CHECK(why == error_code::none);
}

TEST_CASE("without a listener the log says that a message was set aside", "[concurrent]") {
  captured_log log;
  attempts tries;
  services lent;
  lent.lend(tries);
  node all{options(),
           {.name = "root",
            .actors = {spec_of<counter>({.name = "counter", .chain = agent_chain()}),
                       spec_of<listener>({.name = "listener"})}},
           std::move(lent)};
  all.start();
  all.send(all.find<counter_actor>("counter"), add_after{1, 1000});
  CHECK_THAT(log.wait_for("set aside"), Contains("counter failed on") && Contains("the actor goes on"));
}
