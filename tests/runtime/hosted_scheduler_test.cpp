#include "vesta/runtime/hosted_scheduler.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <thread>

#include "support/captured_log.hpp"
#include "support/counter.hpp"
#include "support/quiet_log.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/node.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;
using platform::core_class;

namespace {

constexpr platform::nanoseconds plenty = 1'000'000'000;

struct ring_me {
  std::int64_t after_ns = 0;
};
VESTA_MESSAGE(ring_me);
struct rung {};
VESTA_MESSAGE(rung);
using bell_actor = caf::typed_actor<caf::reacts_to<ring_me>>;

/// Where and when handlers ran; lent to the node by a test.
struct trace {
  std::vector<std::string> order;
  std::vector<std::thread::id> threads;
  std::atomic<int> rings{0};
};

class bell {
public:
  using interface = bell_actor;
  using own = own_messages<rung>;
  explicit bell(context& self) : self_(self), trace_(self.use<trace>()) {}
  void on(const ring_me& m) {
    trace_.order.push_back(self_.actor_name());
    trace_.threads.push_back(std::this_thread::get_id());
    if (m.after_ns > 0) self_.after(std::chrono::nanoseconds(m.after_ns), rung{});
  }
  void on(const rung&) { ++trace_.rings; }

private:
  context& self_;
  trace& trace_;
};

/// Takes 2 ms for each message, by the real clock, but none for one that says -1.
class slow_clerk {
public:
  using interface = bell_actor;
  explicit slow_clerk(context&) {}
  void on(const ring_me& m) {
    ++handled;
    const auto until = platform::steady_clock().now() + (m.after_ns < 0 ? 0 : 2'000'000);
    while (platform::steady_clock().now() < until) {
    }
  }
  static inline int handled = 0;
};

/// An office with one of them, for which nothing waits.
std::unique_ptr<node> open_office(actor_spec clerk = {}) {
  slow_clerk::handled = 0;
  clerk.name = "clerk";
  auto office = std::make_unique<node>(
      node_options{.hosted = true},
      supervisor_spec{.name = "root", .actors = {spec_of<slow_clerk>(std::move(clerk))}});
  office->start();
  while (office->tick({.budget = plenty}).turns > 0) {
  }
  return office;
}

struct tower {
  trace heard;
  node actors;

  explicit tower(std::vector<actor_spec> specs)
      : actors({.hosted = true}, {.name = "root", .actors = std::move(specs)}, lent()) {
    actors.start();
    run();
  }
  services lent() {
    services all;
    all.lend(heard);
    return all;
  }
  /// Until nothing is ready, with the actors' time standing still.
  tick_report run() {
    tick_report last;
    do {
      last = actors.tick({.budget = plenty, .advance = 0});
    } while (last.turns > 0);
    return last;
  }
  void tell(const char* name, ring_me message) { actors.send(actors.find<bell_actor>(name), message); }
};

} // namespace

TEST_CASE("a hosted node runs its actors inside tick, on the host's thread, and on no other") {
  tower play{{spec_of<bell>({.name = "bell"})}};
  play.tell("bell", {});
  CHECK(play.heard.order.empty());
  const auto report = play.actors.tick({.budget = plenty});
  CHECK(report.turns == 1);
  CHECK(report.waiting == 0);
  CHECK(report.left > 0);
  CHECK(play.heard.threads == std::vector{std::this_thread::get_id()});
}

TEST_CASE("actors of the performance class go first, and a tick may be for one class alone") {
  tower play{{spec_of<bell>({.name = "slow", .where = placement::efficiency()}),
              spec_of<bell>({.name = "fast", .where = placement::performance()})}};
  play.tell("slow", {});
  play.tell("fast", {});
  play.run();
  CHECK(play.heard.order == std::vector<std::string>{"fast", "slow"});
  play.heard.order.clear();
  play.tell("slow", {});
  play.tell("fast", {});
  CHECK(play.actors.tick({.budget = plenty, .only = core_class::efficiency}).waiting == 1);
  CHECK(play.heard.order == std::vector<std::string>{"slow"});
}

TEST_CASE("the actors' time is the host's: a pause stops timers, and a step moves them on") {
  tower play{{spec_of<bell>({.name = "bell"})}};
  play.tell("bell", {.after_ns = 5'000});
  CHECK(play.run().next_timer == 5'000);
  CHECK(play.actors.tick({.budget = plenty, .advance = 4'999}).next_timer == 1);
  CHECK(play.heard.rings == 0);
  play.actors.tick({.budget = plenty, .advance = 1});
  CHECK(play.run().next_timer == std::nullopt);
  CHECK(play.heard.rings == 1);
}

TEST_CASE("a tick ends with the message that uses up its budget, whatever those before it took") {
  const auto office = open_office();
  for (int i = 0; i < 5; ++i) office->send(office->find<bell_actor>("clerk"), ring_me{});
  CHECK(office->tick({.budget = 1'000'000}).waiting == 1);
  CHECK(slow_clerk::handled == 1);
}

TEST_CASE("a message that took ten budgets does not keep its actor back in the ticks after it") {
  const auto office = open_office();
  office->send(office->find<bell_actor>("clerk"), ring_me{});
  for (int i = 0; i < 100; ++i) office->send(office->find<bell_actor>("clerk"), ring_me{-1});
  int ticks = 1;
  while (office->tick({.budget = 200'000}).waiting > 0) ++ticks;
  CHECK(ticks < 20); // of a busy machine; one a message as long as what it took is remembered
}

TEST_CASE("what waits for an actor when its grace is over is refused, so that a stop ends") {
  captured_log log;
  const auto office = open_office({.shutdown_grace = 10ms});
  for (int i = 0; i < 1000; ++i) office->send(office->find<bell_actor>("clerk"), ring_me{});
  office->stop();
  CHECK(slow_clerk::handled < 900);
  CHECK_THAT(log.text(), Catch::Contains("actor \"clerk\" did not end within the shutdown_grace"));
}

TEST_CASE("who waits in vain does so for as long as he said, though the host keeps the time") {
  node house({.hosted = true}, {.name = "root", .actors = {spec_of<counter>({.name = "counter"})}});
  house.tick({.budget = plenty, .advance = 1'000'000});
  const auto began = platform::steady_clock().now();
  const auto time = house.time().now();
  error_code why{};
  CHECK_FALSE(
      house.ask<sum>(house.find<counter_actor>("counter"), sum_request{}, 200ms, &why)); // not started
  CHECK(why == error_code::request_timed_out);
  const auto waited = house.time().now() - time;
  CHECK(waited >= 200'000'000);
  CHECK(2 * (platform::steady_clock().now() - began) <
        3 * waited); // all of the time that went by has counted
}

TEST_CASE("who asks while the host keeps the time moves no clock, as long as somebody has something to do") {
  node house({.hosted = true}, {.name = "root", .actors = {spec_of<counter>({.name = "counter"})}}, {});
  house.start();
  house.tick({.budget = plenty, .advance = 1'000'000});
  const auto before = house.time().now();
  for (int i = 0; i < 10; ++i)
    CHECK(house.ask<sum>(house.find<counter_actor>("counter"), sum_request{}).has_value());
  CHECK(house.time().now() == before);
}

TEST_CASE("to wait for ever is no deadline in the past") {
  tower run({spec_of<bell>({.name = "bell"})});
  run.tell("bell", {.after_ns = std::numeric_limits<std::int64_t>::max()});
  run.run();
  run.actors.tick({.budget = plenty, .advance = 1'000'000});
  CHECK(run.heard.rings == 0);
  run.actors.tick({.budget = plenty, .advance = std::numeric_limits<std::int64_t>::max()});
  CHECK(run.actors.time().now() == platform::longest_wait);
}

TEST_CASE("a tick without a budget gives one turn, so that a busy host starves nobody") {
  tower play{{spec_of<bell>({.name = "one"}), spec_of<bell>({.name = "two"})}};
  play.tell("one", {});
  play.tell("two", {});
  const auto first = play.actors.tick({.budget = 0});
  CHECK(first.turns == 1);
  CHECK(first.waiting == 1);
  CHECK(first.left < 0);
  play.actors.tick({.budget = 0});
  CHECK(play.heard.order == std::vector<std::string>{"one", "two"});
}

TEST_CASE("a hosted node answers questions, cures failures and stops, though nobody ticks meanwhile") {
  quiet_log silence;
  node actors({.hosted = true},
              {.name = "root",
               .actors = {spec_of<counter>({.name = "counter"}), spec_of<listener>({.name = "listener"})}},
              {});
  actors.start();
  const auto address = actors.find<counter_actor>("counter");
  actors.send(address, add{5});
  actors.send(address, add{-1}); // fails each time that it is tried
  const auto answer = actors.ask<sum>(address, sum_request{}, 10s);
  CHECK_FALSE(answer); // isolated in the end
  CHECK(actors.kill("listener", "a test"));
  CHECK(actors.ask<sum>(actors.find<listener_actor>("listener"), sum_request{}, 10s)->value == 0);
  actors.stop();
}

TEST_CASE("several threads of a host may tick at once", "[concurrent]") {
  constexpr int bells = 20, rounds = 200;
  std::vector<actor_spec> specs;
  for (int i = 0; i < bells; ++i)
    specs.push_back(spec_of<counter>(
        {.name = std::to_string(i), .where = i % 2 ? placement::performance() : placement::efficiency()}));
  specs.push_back(spec_of<listener>({.name = "listener"}));
  node actors({.hosted = true}, {.name = "root", .actors = specs}, {});
  actors.start();
  std::atomic<bool> over = false;
  std::vector<std::thread> threads;
  for (const auto kind : {core_class::performance, core_class::efficiency})
    threads.emplace_back([&, kind] {
      while (!over) actors.tick({.budget = 100'000, .only = kind});
    });
  for (int round = 0; round < rounds; ++round)
    for (int i = 0; i < bells; ++i) actors.send(actors.find<counter_actor>(std::to_string(i)), add{1});
  int total = 0;
  for (int i = 0; i < bells; ++i)
    total += static_cast<int>(
        actors.ask<sum>(actors.find<counter_actor>(std::to_string(i)), sum_request{}, 10s)->value);
  CHECK(total == bells * rounds);
  over = true;
  for (auto& each : threads) each.join();
}

TEST_CASE("a node that has workers of its own cannot be ticked") {
  node actors({.cores = platform::find_topology().value()}, {.name = "root"}, {});
  actors.start();
  CHECK_THROWS_AS(actors.tick({}), std::logic_error);
}
