#include "vesta/runtime/watchdog.hpp"

#include "support/counter.hpp"
#include "support/test_node.hpp"

#include <semaphore>

#include "vesta/runtime/outside_question.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;

namespace {

struct wait_there {};
VESTA_MESSAGE(wait_there);
using clerk_actor = caf::typed_actor<caf::reacts_to<wait_there>, caf::reacts_to<add>,
                                     caf::replies_to<sum_request>::with<sum>>;

/// Where a clerk's handler waits until the test lets it go on; lent.
struct gate {
  std::counting_semaphore<8> entered{0}, open{0};
};

class clerk {
public:
  using interface = clerk_actor;
  explicit clerk(context& self) : self_(self) {}
  void on(const wait_there&) {
    auto& at = self_.use<gate>();
    state.total += 1000;
    self_.send(self_.peer<listener_actor>("listener"), added{1});
    at.entered.release();
    at.open.acquire();
    self_.send(self_.peer<listener_actor>("listener"), added{1});
    self_.flush();
  }
  void on(const add& m) { state.total += m.amount; }
  sum on(const sum_request&) { return {state.total, self_.incarnation()}; }

  counter_state state;

private:
  context& self_;
};

/// A hosted node whose clerk hangs in a tick of another thread, until it is let go.
struct watched_office {
  gate at;
  decision_log log;
  node actors;
  clerk_actor address;
  std::jthread stuck;

  explicit watched_office(std::chrono::nanoseconds deadline = 1ms)
      : actors({.listener = &log, .hosted = true},
               {.name = "root",
                .actors = {spec_of<clerk>(
                               {.name = "clerk", .chain = {{remedy::isolate}}, .handler_deadline = deadline}),
                           spec_of<listener>({.name = "listener"})}},
               lent()),
        address(actors.find<clerk_actor>("clerk")) {
    actors.start();
    run();
  }
  ~watched_office() { at.open.release(); }
  services lent() {
    services all;
    all.lend(at);
    return all;
  }
  void run() {
    while (actors.tick({.budget = 100'000'000}).turns > 0) {
    }
  }
  void hang() {
    actors.send(address, wait_there{});
    stuck = std::jthread{[this] { actors.tick({.budget = 100'000'000}); }};
    at.entered.acquire();
  }
  void let_go() {
    at.open.release();
    stuck.join();
    run();
  }
  void until_noticed() {
    while (log.failures().empty()) actors.tick({.budget = 1'000'000});
  }
  error_code asked() {
    auto why = error_code::none;
    actors.ask<sum>(address, sum_request{}, 10s, &why);
    return why;
  }
};

/// The same without a node: counts how often it was given up.
struct lone_handlers {
  int given_up = 0;
  envelope message;
  watched_handlers handlers{100, [this](envelope& served) { given_up += &served == &message; }};
};

} // namespace

TEST_CASE("a handler that is seen at work for its deadline is given up once") {
  lone_handlers lone;
  lone.handlers.enter(lone.message);
  for (const auto now : {10, 109}) lone.handlers.look(now);
  CHECK(lone.given_up == 0);
  for (const auto now : {110, 111, 300}) lone.handlers.look(now);
  CHECK(lone.given_up == 1);
  CHECK(lone.handlers.given_up());
  CHECK(lone.handlers.leave());
}

TEST_CASE("a handler that returned in time is not given up, however long the actor is idle then") {
  lone_handlers lone;
  lone.handlers.enter(lone.message);
  lone.handlers.look(0);
  CHECK_FALSE(lone.handlers.leave());
  for (const auto now : {50, 500, 5000}) lone.handlers.look(now);
  CHECK(lone.given_up == 0);
}

TEST_CASE("one handler after the other, each in time, is not one that hangs") {
  lone_handlers lone;
  for (int now = 0; now < 1000; now += 60) {
    lone.handlers.enter(lone.message);
    lone.handlers.look(now);
    CHECK_FALSE(lone.handlers.leave());
  }
  CHECK(lone.given_up == 0);
}

TEST_CASE("a handler is given up or returns in time, and both sides agree which", "[concurrent]") {
  int given_up = 0, said_so = 0; // the first by the watchdog, read by the actor when it has left
  envelope message;
  watched_handlers handlers{0, [&](envelope&) { ++given_up; }};
  std::jthread watch{[&](const std::stop_token& stop) {
    while (!stop.stop_requested()) handlers.look(1);
  }};
  for (int i = 0; i < 20'000; ++i) {
    handlers.enter(message);
    if (!handlers.leave()) continue;
    ++said_so;
    REQUIRE(given_up == said_so);
  }
  watch = {};
  CHECK(given_up == said_so);
}

TEST_CASE("who asks an actor whose handler hangs hears at once that it is isolated", "[concurrent]") {
  watched_office run;
  run.hang();
  run.until_noticed();
  CHECK(run.asked() == error_code::actor_isolated);
  const auto seen = run.log.failures().front();
  CHECK(seen.actor == "clerk");
  CHECK(seen.code == error_code::handler_stuck);
  CHECK(seen.message == "wait_there");
  run.let_go();
  CHECK(run.asked() == error_code::actor_isolated);
}

TEST_CASE("questions that waited when the handler was given up are answered while it still hangs",
          "[concurrent]") {
  watched_office run;
  run.hang();
  detail::outside_question question{run.actors.system(), caf::actor_cast<caf::strong_actor_ptr>(run.address),
                                    wrap(sum_request{}), caf::duration{10s}};
  run.until_noticed();
  CHECK(code_of(question.wait().error) == error_code::actor_isolated);
  run.let_go();
}

TEST_CASE("a handler that comes back too late has changed and sent nothing, and its message is a dead letter",
          "[concurrent]") {
  watched_office run;
  run.actors.send(run.address, add{5});
  run.run();
  run.hang();
  run.until_noticed();
  run.actors.send(run.address, add{6}); // waits
  run.let_go();
  const auto letters = run.actors.dead_letters().list();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].message == "wait_there");
  CHECK(letters[0].code == error_code::handler_stuck);
  REQUIRE(run.actors.release("clerk"));
  const auto answer = run.actors.ask<sum>(run.address, sum_request{});
  CHECK(answer->value == 11);
  CHECK(answer->incarnation == 2);
  CHECK(run.actors.ask<sum>(run.actors.find<listener_actor>("listener"), sum_request{})->value == 0);
}

TEST_CASE("an actor that is released while its handler hangs begins anew once that has returned",
          "[concurrent]") {
  watched_office run;
  run.hang();
  run.until_noticed();
  REQUIRE(run.actors.release("clerk"));
  run.run();
  CHECK(run.asked() == error_code::actor_isolated);
  run.let_go();
  CHECK(run.asked() == error_code::none);
}

TEST_CASE("a hosted node's only thread gives nobody up: the handler has returned when it looks") {
  watched_office run;
  run.actors.send(run.address, wait_there{});
  run.at.open.release();
  run.run();
  CHECK(run.log.failures().empty());
  CHECK(run.asked() == error_code::none);
}

TEST_CASE("a node with threads of its own finds a handler that hangs, and others go on", "[concurrent]") {
  gate at;
  services lent;
  lent.lend(at);
  test_node run{{spec_of<clerk>({.name = "clerk", .chain = {{remedy::isolate}}, .handler_deadline = 100ms}),
                 spec_of<listener>({.name = "listener"})},
                {},
                std::move(lent)};
  const auto address = run.find<clerk_actor>("clerk");
  run.send(address, wait_there{});
  CHECK(run.log.wait_for(1) == std::vector<std::string>{"clerk: isolate"});
  CHECK_FALSE(run.ask<sum>(address, sum_request{}));
  CHECK(run.error == error_code::actor_isolated);
  CHECK(run.ask<sum>(run.find<listener_actor>("listener"), sum_request{})->value == 0);
  at.open.release();
  CHECK(run.log.wait_for(2).back() == "clerk: cured by isolate");
}
