#include "vesta/runtime/node_counters.hpp"

#include "support/counter.hpp"
#include "support/test_node.hpp"

using namespace vesta;
using namespace vesta::test;
using platform::core_class;

namespace {

/// Two listeners and a counter, run by the test.
struct office {
  attempts tried;
  node actors{{.hosted = true},
              {.name = "root",
               .actors = {spec_of<listener>({.name = "listener"}), spec_of<listener>({.name = "other"}),
                          spec_of<counter>({.name = "counter"})}},
              lent()};

  office() {
    actors.start();
    run();
  }
  services lent() {
    services all;
    all.lend(tried);
    return all;
  }
  void run() {
    while (actors.tick({.budget = 1'000'000'000}).turns > 0) {
    }
  }
  void hear(const char* name, int times) {
    for (int i = 0; i < times; ++i) actors.send(actors.find<listener_actor>(name), added{1});
  }
  kind_counters of(std::string_view kind) {
    const auto all = actors.counters().kinds;
    const auto it = std::ranges::find(all, kind, &kind_counters::kind);
    REQUIRE(it != all.end());
    return *it;
  }
};

worker_report worker(core_class pool, std::int64_t busy_ns) {
  return {.pool = pool, .counters = {.busy_ns = busy_ns}};
}

} // namespace

TEST_CASE("a node's counters are by kind of actor, in the order of their start") {
  office play;
  play.hear("listener", 200);
  play.hear("other", 100);
  CHECK(play.of("listener").waiting == 300);
  CHECK(play.actors.counters().waiting == 2);
  play.run();
  const auto seen = play.actors.counters();
  REQUIRE(seen.kinds.size() == 2);
  CHECK(seen.kinds[0].kind == "listener");
  CHECK(seen.kinds[0].actors == 2);
  CHECK(seen.kinds[0].handled == 300);
  CHECK(seen.kinds[0].waiting == 0);
  CHECK(seen.kinds[1].kind == "counter");
  CHECK(seen.kinds[1].actors == 1);
  CHECK(seen.kinds[1].handled == 0);
  CHECK(seen.waiting == 0);
  CHECK(seen.total().handled == 300);
  CHECK(seen.total().actors == 3);
}

TEST_CASE("the handler times of a kind are those of every sixty-fourth message of each of its actors") {
  office play;
  play.hear("listener", 200);
  play.hear("other", 100);
  play.run();
  const auto listeners = play.of("listener");
  CHECK(listeners.handler_times.count == 200 / 64 + 100 / 64);
  CHECK(listeners.handler_times.max_ns >= listeners.handler_times.quantile(0.5));
  CHECK(listeners.busy_ns > 0);
  CHECK(play.of("counter").handler_times.count == 0);
}

TEST_CASE("failures and what was got over are counted, and so is what was sent") {
  office play;
  play.actors.send(play.actors.find<counter_actor>("counter"), add_after{.amount = 1, .failures = 1});
  play.run();
  const auto counters = play.of("counter");
  CHECK(counters.failures == 1);
  CHECK(counters.recovered == 1);
  CHECK(counters.handled == 1);
  CHECK(counters.sent == 1);
}

TEST_CASE("a host's ticks are one worker, which is busy for as long as they last") {
  office play;
  const auto before = play.actors.counters();
  play.hear("listener", 1000);
  play.run();
  const auto now = play.actors.counters();
  REQUIRE(now.workers.size() == 1);
  CHECK(now.workers[0].core == -1);
  CHECK(now.workers[0].counters.resumes > before.workers[0].counters.resumes);
  CHECK(now.workers[0].counters.busy_ns > before.workers[0].counters.busy_ns);
  CHECK(busy_share(before, now, core_class::performance).value() > 0);
  CHECK_FALSE(busy_share(before, now, core_class::efficiency));
}

TEST_CASE("counters are read while the actors run", "[concurrent]") {
  test_node play({spec_of<listener>({.name = "listener"})});
  const auto ear = play.find<listener_actor>("listener");
  for (int i = 0; i < 20'000; ++i) {
    play.send(ear, added{1});
    if (i % 1000 == 0) CHECK(play->counters().total().handled <= 20'000);
  }
  CHECK(play.ask<sum>(ear, sum_request{})->value == 20'000);
  const auto seen = play->counters();
  CHECK(seen.kinds.at(0).handled >= 20'000);
  CHECK(seen.kinds.at(0).handler_times.count >= 20'000 / 64);
  CHECK(seen.workers.size() >= 2);
}

TEST_CASE("the busy share of a class of cores is that of all its workers together") {
  const node_counters before{.at_ns = 1000,
                             .workers = {worker(core_class::performance, 100),
                                         worker(core_class::performance, 0),
                                         worker(core_class::efficiency, 50)}};
  node_counters now = before;
  CHECK_FALSE(busy_share(before, now, core_class::performance));
  now.at_ns = 2000;
  now.workers[0].counters.busy_ns = 600;
  CHECK(busy_share(before, now, core_class::performance).value() == Approx(0.25));
  CHECK(busy_share(before, now, core_class::efficiency).value() == 0);
}
