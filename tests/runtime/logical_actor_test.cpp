#include <algorithm>
#include <bit>
#include <numeric>

#include "support/captured_log.hpp"
#include "support/counter.hpp"
#include "support/test_node.hpp"
#include "vesta/runtime/node_counters.hpp"

using namespace vesta;
using namespace vesta::test;
using text_lines = std::vector<std::string>;

namespace {

struct counters {
  attempts tries;
  test_node node;
  counter_actor counter_address;
  listener_actor listener_address;

  explicit counters(actor_spec spec, restart_intensity intensity = {})
      : node({std::move(spec), spec_of<listener>({.name = "listener"})}, intensity, lend(tries)),
        counter_address(node.find<counter_actor>("counter")),
        listener_address(node.find<listener_actor>("listener")) {}

  static services lend(attempts& tries) {
    services lent;
    lent.lend(tries);
    return lent;
  }
  template <class Message>
  void tell(Message m) {
    node.send(counter_address, m);
  }
  std::int64_t total() { return node.ask<sum>(counter_address, sum_request{}).value().value; }
  /// What the listener heard, asked after the counter has answered, so that all it sent before has arrived.
  std::int64_t heard() {
    total();
    return node.ask<sum>(listener_address, sum_request{}).value().value;
  }
};

struct shy_state {
  std::vector<int> added;
  static inline std::atomic<bool> can_be_saved{true};
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, shy_state& x) {
  if (Inspector::reads_state && !shy_state::can_be_saved) throw std::runtime_error("not now");
  return f(x.added);
}

/// A counter whose state cannot always be saved.
class shy_counter {
public:
  using interface = counter_actor;
  explicit shy_counter(context& self) : self_(self) {}
  void on(const add& m) { state.added.push_back(m.amount); }
  void on(const add_after&) {}
  sum on(const sum_request&) {
    return {std::accumulate(state.added.begin(), state.added.end(), std::int64_t{0}), self_.incarnation()};
  }

  shy_state state;

private:
  context& self_;
};

/// A counter that adds 100 a second after each addition.
class late_counter {
public:
  using interface = counter_actor;
  using own = own_messages<added>;
  explicit late_counter(context& self) : self_(self) {}
  void on(const add& m) {
    if (m.amount < 0) throw std::invalid_argument("a negative amount");
    state.total += m.amount;
    if (m.amount == 1) self_.after(std::chrono::seconds(1), added{});
  }
  void on(const add_after&) {}
  void on(const added&) { state.total += 100; }
  sum on(const sum_request&) { return {state.total, self_.incarnation()}; }

  counter_state state;

private:
  context& self_;
};

} // namespace

TEST_CASE("a logical actor answers requests and keeps the order of its messages", "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter"})};
  for (int i = 1; i <= 100; ++i) run.tell(add{i});
  CHECK(run.total() == 5050);
  CHECK(run.heard() == 5050);
}

TEST_CASE("a handler that throws costs the actor neither its address nor the messages behind the bad one",
          "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter", .chain = {{remedy::rollback}, {remedy::set_aside}}})};
  run.tell(add{1});
  run.tell(add{-5});
  run.tell(add{10});
  CHECK(run.total() == 11);
  CHECK(run.node.log.wait_for(3) ==
        text_lines{"counter: rollback", "counter: set_aside", "counter: cured by set_aside"});
  CHECK(run.node.log.failures().front().text == "a negative amount");
  CHECK(run.node.log.failures().front().message == "add");
}

TEST_CASE("a failed attempt has sent nothing", "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter"})};
  run.tell(add_after{.amount = 7, .failures = 1});
  CHECK(run.heard() == 7);
}

TEST_CASE("rollback undoes the half-done change and runs the same message again", "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter", .checkpoint_every = 4})};
  for (int i = 0; i < 10; ++i) run.tell(add{1});
  run.tell(add_after{.amount = 100, .failures = 1});
  CHECK(run.total() == 110);
  CHECK(run.heard() == 110);
  CHECK(run.node.log.wait_for(2) == text_lines{"counter: rollback", "counter: cured by rollback"});
}

TEST_CASE("a repeatable handler is tried again in place, with its state untouched", "[concurrent]") {
  counters run{spec_of<forgetful_counter>({.name = "counter", .repeatable = true})};
  run.tell(add{3});
  run.tell(add_after{.amount = 4, .failures = 2});
  CHECK(run.total() == 7);
  CHECK(run.node.log.wait_for(3) ==
        text_lines{"counter: retry", "counter: retry", "counter: cured by retry"});
  CHECK(run.node.ask<sum>(run.counter_address, sum_request{})->incarnation == 1);
}

TEST_CASE("a message that fails after rollback and restart is set aside, and its actor isolated",
          "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter"})};
  run.tell(add{2});
  run.tell(add{-1});
  CHECK(run.node.log.wait_for(4) ==
        text_lines{"counter: rollback", "counter: restart", "counter: isolate", "counter: cured by isolate"});

  SECTION("requests to it are answered with an error that says so") {
    CHECK_FALSE(run.node.ask<sum>(run.counter_address, sum_request{}));
    CHECK(run.node.error == error_code::actor_isolated);
  }
  SECTION("it comes back with its state when it is released, and serves what waited") {
    run.tell(add{40});
    CHECK(run.node->release("counter"));
    CHECK(run.total() == 42);
  }
}

TEST_CASE("a killed incarnation is replaced by one with the same address and state", "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter"})};
  run.tell(add{5});
  REQUIRE(run.total() == 5);
  REQUIRE(run.node->kill("counter", "a test"));
  run.tell(add{6});
  const auto answer = run.node.ask<sum>(run.counter_address, sum_request{});
  CHECK(answer->value == 11);
  CHECK(answer->incarnation == 2);
}

TEST_CASE("an actor without kept state begins anew after a kill", "[concurrent]") {
  counters run{spec_of<forgetful_counter>({.name = "counter"})};
  run.tell(add{5});
  REQUIRE(run.total() == 5);
  run.node->kill("counter", "a test");
  run.tell(add{6});
  CHECK(run.total() == 6);
}

TEST_CASE("a message outside the interface is answered with an error, told in the log and changes nothing",
          "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter"})};
  const auto untyped = caf::actor_cast<caf::actor>(run.counter_address);
  const captured_log log;
  for (int i = 0; i < 2; ++i) {
    CHECK_FALSE(run.node.ask<sum>(untyped, added{1}));
    CHECK(run.node.error == error_code::unexpected_message);
  }
  CHECK(run.total() == 0);
  CHECK_THAT(log.text(), Catch::Contains("actor \"counter\" has no handler for added"));
  CHECK(std::ranges::count(log.text(), '\n') == 1); // told once
}

TEST_CASE("an answer of another type than the one that was asked for is told as such", "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter"})};
  CHECK_FALSE(run.node.ask<added>(caf::actor_cast<caf::actor>(run.counter_address), sum_request{}));
  CHECK(run.node.error == error_code::unexpected_message);
}

TEST_CASE("a state that cannot be saved is a failure of its actor, and no message's effect is lost",
          "[concurrent]") {
  counters run{spec_of<shy_counter>({.name = "counter"})};
  run.tell(add{1});
  REQUIRE(run.total() == 1);
  shy_state::can_be_saved = false;
  run.tell(add{2});
  const auto lines = run.node.log.wait_for(2); // and perhaps more, if the question's own save comes late
  CHECK(text_lines(lines.begin(), lines.begin() + 2) ==
        text_lines{"counter: rollback", "counter: cured by restart"});
  CHECK(run.node.log.failures().front().text == "not now");
  shy_state::can_be_saved = true;
  run.tell(add{4});
  CHECK(run.total() == 7);
}

TEST_CASE("a stopped actor answers that it is stopped", "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter"})};
  run.tell(add{1});
  run.node.send(caf::actor_cast<caf::actor>(run.counter_address), stop_actor{});
  CHECK_FALSE(run.node.ask<sum>(run.counter_address, sum_request{}));
  CHECK(run.node.error == error_code::actor_stopped);
}

TEST_CASE("an inbox keeps no more than its limit while the actor cannot serve", "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter", .inbox_limit = 3})};
  run.tell(add{-1});
  run.node.log.wait_for(4); // isolated
  for (int i = 0; i < 10; ++i) run.tell(add{1});
  run.node->release("counter");
  auto answer = run.node.ask<sum>(run.counter_address, sum_request{});
  int unanswered = 0; // for there was no room for the question either
  for (; !answer; ++unanswered) answer = run.node.ask<sum>(run.counter_address, sum_request{});
  const auto kept = answer->value;
  const auto& counted = *run.node->actors().find("counter")->counters;
  CHECK(kept >= 3);
  CHECK(kept <= 6); // as many again may lie in front of the actor as it has taken in
  // and the one that was set aside
  CHECK(static_cast<std::int64_t>(counted.refused + counted.overflowed) == 10 - kept + 1 + unanswered);
}

TEST_CASE("a timer comes in though as much waits as may") {
  decision_log log;
  node actors(
      {.listener = &log, .hosted = true},
      {.name = "root",
       .actors = {spec_of<late_counter>({.name = "late", .chain = {{remedy::isolate}}, .inbox_limit = 1})}},
      {});
  const auto address = actors.find<counter_actor>("late");
  const auto run = [&](platform::nanoseconds by) {
    while (actors.tick({.budget = 100'000'000, .advance = std::exchange(by, 0)}).turns > 0) {
    }
  };
  actors.start();
  run(0);
  for (const int amount : {1, -1, 7}) { // sets the timer; isolates the actor; waits
    actors.send(address, add{amount});
    run(0);
  }
  run(2'000'000'000);
  actors.release("late");
  run(0);
  CHECK(actors.ask<sum>(address, sum_request{})->value == 1 + 7 + 100);
}

TEST_CASE("an actor that drops its oldest keeps the newest messages while it cannot serve", "[concurrent]") {
  counters run{
      spec_of<counter>({.name = "counter", .inbox_limit = 3, .overflow = overflow_rule::drop_oldest})};
  captured_log log;
  run.tell(add{-1});
  run.node.log.wait_for(4); // isolated
  for (int i = 1; i <= 10; ++i) run.tell(add{1 << i});
  CHECK_FALSE(run.node.ask<sum>(run.counter_address, sum_request{})); // by now all have been taken in
  CHECK(run.node.error == error_code::actor_isolated);
  run.node->release("counter");
  const auto total = run.total();
  const auto lost = run.node->counters().total().overflowed;
  CHECK(total >= (1 << 9) + (1 << 10)); // the newest two; an older one may have been taken in before
  CHECK(std::popcount(static_cast<std::uint64_t>(total)) == 10 - static_cast<int>(lost));
  CHECK(lost >= 4); // as many again as the limit may lie with the actor
  CHECK(lost <= 8); // the question may have needed room as well
  CHECK_THAT(log.text(), Catch::Contains("the inbox of actor \"counter\" is full"));
}

TEST_CASE("a thousand failures among ten thousand messages lose none and repeat none", "[concurrent]") {
  counters run{spec_of<counter>({.name = "counter", .checkpoint_every = 32}), {.count = 2000}};
  std::int64_t expected = 0;
  for (int i = 1; i <= 10000; ++i) {
    if (i % 10 == 0)
      run.tell(add_after{.amount = i, .failures = 2 * i / 10 - 1}); // each fails once or not at all
    else
      run.tell(add{i});
    expected += i;
  }
  CHECK(run.total() == expected);
  CHECK(run.heard() == expected);
}

TEST_CASE("faults on purpose hit the next handlers, one message, or the next starts", "[concurrent]") {
  using place = inject_fault::place;
  test_node node{{spec_of<listener>({.name = "listener"})}};
  const auto to = node.find<listener_actor>("listener");
  const auto sum_now = [&] { return node.ask<sum>(to, sum_request{}).value().value; };
  CHECK_FALSE(node->inject("nobody", {}));

  REQUIRE(node->inject("listener", {.where = place::handler}));
  node.send(to, added{1});
  CHECK(sum_now() == 1);
  CHECK(node.log.wait_for(2) == std::vector<std::string>{"listener: restart", "listener: cured by restart"});

  REQUIRE(node->inject("listener", {.where = place::message}));
  node.send(to, added{10});
  CHECK(node.log.wait_for(5)[4] == "listener: cured by isolate");
  node->release("listener");
  CHECK(sum_now() == 0); // it is back

  REQUIRE(node->inject("listener", {.where = place::start, .times = 1}));
  CHECK(node.log.wait_for(8)[7] == "listener: cured by restart");
  CHECK(node->dead_letters().size() == 1);
  node.send(to, added{100});
  CHECK(sum_now() == 100);
}

TEST_CASE("a fault takes effect in an actor to which nobody writes, too", "[concurrent]") {
  test_node node{{spec_of<listener>({.name = "listener"})}};
  REQUIRE(node->inject("listener", {.where = inject_fault::place::handler}));
  CHECK(node.log.wait_for(2) == std::vector<std::string>{"listener: restart", "listener: cured by restart"});
  CHECK(node.log.failures()[0].message == "nudge");
  CHECK(node->dead_letters().size() == 0);
}

TEST_CASE("a handler can be made to stall past its deadline", "[concurrent]") {
  using namespace std::chrono_literals;
  test_node node{{spec_of<listener>({.name = "listener", .handler_deadline = 20ms})}};
  REQUIRE(node->inject("listener", {.where = inject_fault::place::stall, .stall_ns = 200'000'000}));
  node.send(node.find<listener_actor>("listener"), added{1});
  CHECK(node.log.wait_for(2) == std::vector<std::string>{"listener: isolate", "listener: cured by isolate"});
  CHECK(node.log.failures()[0].code == error_code::handler_stuck);
  REQUIRE(node->dead_letters().size() == 1);
  CHECK(node->dead_letters().list()[0].message == "added");
}
