#include "vesta/runtime/children.hpp"

#include "support/counter.hpp"
#include "support/test_node.hpp"
#include "vesta/runtime/inbox_actor.hpp"
#include "vesta/runtime/node_counters.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

struct admit {
  std::string name;
};
VESTA_MESSAGE(admit);
struct admitted {
  std::string name, refused;
};
VESTA_MESSAGE(admitted);
struct diary_request {};
VESTA_MESSAGE(diary_request);
struct diary {
  std::vector<std::string> lines;
};
VESTA_MESSAGE(diary);
using porter_actor = caf::typed_actor<caf::reacts_to<admit>, caf::replies_to<diary_request>::with<diary>>;

/// An actor that lets others in.
class porter {
public:
  using interface = porter_actor;
  using own = own_messages<admitted>;
  explicit porter(context& self) : self_(self) {}

  void on(const admit& who) {
    auto order = add_children({spec_of<forgetful_counter>({.name = who.name})});
    order.done = [door = self_.inlet<admitted>(), name = who.name](const absl::Status& how) {
      door({name, std::string(how.message())});
    };
    self_.send(self_.supervisor("hall"), std::move(order));
    if (who.name == "unlucky") throw std::runtime_error("a handler that fails has sent nothing");
  }
  void on(const admitted& what) { state.lines.push_back(what.name + what.refused); }
  diary on(const diary_request&) { return state; }

  diary state;

private:
  context& self_;
};

/// Quits when it is sent anything.
class guest {
public:
  using interface = counter_actor;
  explicit guest(context& self) : self_(self) {}
  void on(const add&) { self_.quit(); }
  void on(const add_after&) { throw std::runtime_error("it leaves in anger"); }
  sum on(const sum_request&) { return {}; }

private:
  context& self_;
};

struct house {
  decision_log log;
  attempts tries;
  node all;

  explicit house(supervisor_spec hall = {}, bool hosted = false)
      : all({.listener = &log, .hosted = hosted}, tree(std::move(hall)), lent()) {
    all.start();
  }
  static supervisor_spec tree(supervisor_spec hall) {
    hall.name = "hall";
    return {.name = "root",
            .actors = {spec_of<listener>({.name = "listener"}),
                       spec_of<porter>({.name = "porter", .chain = {{remedy::set_aside}}})},
            .supervisors = {std::move(hall)}};
  }
  services lent() {
    services made;
    made.lend(tries);
    return made;
  }
  absl::Status add(actor_spec spec) { return all.add("hall", {std::move(spec)}); }
  counter_actor counter_named(const std::string& name) { return all.find<counter_actor>(name); }
  std::optional<sum> ask(const counter_actor& who, error_code* why = nullptr) {
    return all.ask<sum>(who, sum_request{}, 10s, why);
  }
  std::vector<std::string> children() {
    std::vector<std::string> names;
    const auto found = all.children("hall");
    for (const auto& each : *found)
      if (each.state == child_group::state::running) names.push_back(each.name);
    return names;
  }
};

actor_spec counter_spec(std::string name) { return spec_of<forgetful_counter>({.name = std::move(name)}); }
using name_list = std::vector<std::string>;

} // namespace

TEST_CASE("a child that is added at run time is found, served and supervised like the others",
          "[concurrent]") {
  house h;
  REQUIRE(h.add(counter_spec("late")).ok());
  h.all.send(h.counter_named("late"), add{7});
  CHECK(h.ask(h.counter_named("late"))->value == 7);
  h.all.kill("late", "a test");
  CHECK(h.log.wait_for(2).back() == "late: cured by restart");
  CHECK(h.ask(h.counter_named("late"))->incarnation == 2);
  CHECK(h.children() == name_list{"late"});
}

TEST_CASE("a child that is stopped stays away, and restarted it begins anew", "[concurrent]") {
  house h;
  REQUIRE(h.add(counter_spec("guest")).ok());
  const auto guest = h.counter_named("guest");
  h.all.send(guest, add{7});
  REQUIRE(h.all.stop_child("guest").ok());
  error_code why = error_code::none;
  CHECK_FALSE(h.ask(guest, &why));
  CHECK(why == error_code::actor_stopped);
  CHECK(h.children().empty());
  REQUIRE(h.all.restart_child("guest").ok());
  CHECK(h.ask(guest)->value == 0);
  CHECK(h.ask(guest)->incarnation == 2);
}

TEST_CASE("a child that is removed is known no more, and its name is free", "[concurrent]") {
  house h({.actors = {counter_spec("first")}});
  REQUIRE(h.add(counter_spec("second")).ok());
  for (const auto* name : {"first", "second"}) {
    const auto old = h.counter_named(name);
    h.all.send(old, add{7});
    REQUIRE(h.ask(old));
    REQUIRE(h.all.remove_child(name).ok());
    error_code why = error_code::none;
    CHECK_FALSE(h.ask(old, &why));
    CHECK(why == error_code::actor_stopped);
    CHECK_THROWS_AS(h.counter_named(name), std::logic_error);
    REQUIRE(h.add(counter_spec(name)).ok());
    CHECK(h.ask(h.counter_named(name))->value == 0);
    CHECK_FALSE(h.ask(old));
  }
  CHECK(h.all.counters().total().handled == 6); // also by those who are gone
}

TEST_CASE("each change that cannot be is refused with a sentence, and changes nothing", "[concurrent]") {
  house h({.actors = {counter_spec("first")}});
  const auto refused = [](const absl::Status& how, absl::StatusCode code, const std::string& part) {
    CHECK(how.code() == code);
    CHECK_THAT(std::string(how.message()), Contains(part));
  };
  using enum absl::StatusCode;
  REQUIRE(h.ask(h.counter_named("first"))); // it has been started
  refused(h.all.add("cellar", {counter_spec("x")}), kNotFound, "no supervisor is named \"cellar\"");
  refused(h.add(counter_spec("first")), kAlreadyExists, "named \"first\" already");
  refused(h.add(counter_spec("hall")), kAlreadyExists, "named \"hall\" already");
  refused(h.add({.name = "bare"}), kInvalidArgument, "\"bare\" has no class");
  refused(h.add(spec_of<forgetful_counter>({.name = "x", .standby = "nobody"})), kInvalidArgument,
          "\"nobody\" as its standby");
  refused(h.add(spec_of<forgetful_counter>({.name = "x", .standby = "porter"})), kInvalidArgument,
          "different interfaces");
  refused(h.all.stop_child("nobody"), kNotFound, "\"nobody\"");
  refused(h.all.stop_child("root"), kNotFound, "below the root");
  refused(h.all.restart_child("first"), kFailedPrecondition, "stop it first");
  refused(h.all.remove_child("hall"), kInvalidArgument, "is a supervisor");
  CHECK(h.children() == name_list{"first"});
  h.all.stop();
  refused(h.all.stop_child("first"), kUnavailable, "has stopped");
  refused(h.add(counter_spec("late")), kUnavailable, "has stopped");
}

TEST_CASE("a whole supervisor is stopped and restarted by its name", "[concurrent]") {
  house h({.actors = {counter_spec("a"), counter_spec("b")}});
  h.all.send(h.counter_named("a"), add{7});
  REQUIRE(h.ask(h.counter_named("a"))->value == 7);
  REQUIRE(h.all.stop_child("hall").ok());
  CHECK_FALSE(h.ask(h.counter_named("a")));
  CHECK_FALSE(h.ask(h.counter_named("b")));
  REQUIRE(h.all.restart_child("hall").ok());
  const auto back = h.counter_named("a");
  REQUIRE(soon([&] { return h.ask(back).has_value(); })); // refused until its supervisor has started it
  CHECK(h.ask(back)->value == 0);
}

TEST_CASE("a handler changes the tree when it has returned, and hears what became of it", "[concurrent]") {
  house h;
  const auto porter = h.all.find<porter_actor>("porter");
  for (const auto* name : {"ann", "unlucky", "ann"}) h.all.send(porter, admit{name});
  name_list heard;
  REQUIRE(soon([&] {
    heard = h.all.ask<diary>(porter, diary_request{})->lines;
    return heard.size() == 2;
  }));
  CHECK(heard[0] == "ann");
  CHECK_THAT(heard[1], Contains("\"ann\" already"));
  CHECK(h.ask(h.counter_named("ann"))->incarnation == 1);
  CHECK(h.children() == name_list{"ann"});
}

TEST_CASE("a temporary child that has ended is forgotten, whichever way", "[concurrent]") {
  house h;
  for (int round = 0; round < 3; ++round) {
    for (const auto* name : {"calm", "angry"})
      REQUIRE(h.add(spec_of<guest>({.name = name, .restart = restart_kind::temporary})).ok());
    h.all.send(h.counter_named("calm"), add{1});
    h.all.send(h.counter_named("angry"), add_after{});
    REQUIRE(soon([&] { return !h.all.actors().find("calm") && !h.all.actors().find("angry"); }));
  }
  CHECK(h.children().empty());
}

TEST_CASE("children of a hosted node are changed by the thread that ticks") {
  house h({}, true);
  REQUIRE(h.add(counter_spec("late")).ok());
  CHECK(h.ask(h.counter_named("late"))->incarnation == 1);
  REQUIRE(h.all.remove_child("late").ok());
  CHECK(h.children().empty());
}

TEST_CASE("thousands of children come, go and stop at once under simple_one_for_one", "[concurrent]") {
  house h({.rule = group_rule::simple_one_for_one});
  for (int round = 0; round < 3; ++round) {
    std::vector<actor_spec> crowd;
    for (int i = 0; i < 2000; ++i) crowd.push_back(counter_spec(std::to_string(i)));
    REQUIRE(h.all.add("hall", std::move(crowd)).ok());
    for (int i = 0; i < 2000; ++i) h.all.send(h.counter_named(std::to_string(i)), add{i});
    CHECK(h.ask(h.counter_named("1999"))->value == 1999);
    if (round == 2) break;
    for (int i = 0; i < 2000; ++i) REQUIRE(h.all.remove_child(std::to_string(i)).ok());
    CHECK(h.children().empty());
  }
  h.all.stop();
  for (const auto& each : h.all.actors().entries()) CHECK(inbox_actor::behind(each->address)->has_ended());
}

TEST_CASE("a supervisor that pauses before restarts does so for longer each time", "[concurrent]") {
  house h({.restart_pause = backoff_settings{.first_ns = 1'000'000'000}, .actors = {counter_spec("a")}},
          true);
  const auto pass = [&](std::chrono::nanoseconds time) {
    for (int i = 0; i < 10; ++i) h.all.tick({.budget = 50'000'000, .advance = time.count() / 10});
  };
  const auto incarnations = [&] {
    return h.log.wait_for(0).size() / 2 + 1; // two lines a restart
  };
  pass(1ms);
  for (const std::size_t restart : {1, 2, 3}) {
    h.all.kill("a", "a test");
    const auto longest = 1s * (1 << (restart - 1));
    pass(longest / 2 - 1ms); // half of it at least
    CHECK(h.log.wait_for(0).size() == 2 * (restart - 1));
    pass(longest);
    CHECK(h.log.wait_for(0).size() == 2 * restart);
  }
  pass(60s);
  h.all.kill("a", "a test"); // well for long enough: the first pause again
  pass(1200ms);
  CHECK(incarnations() == 5);
}

TEST_CASE("no more than the share of a supervisor's children that may restart do so at once") {
  std::vector<actor_spec> ten;
  for (int i = 0; i < 10; ++i)
    ten.push_back(spec_of<forgetful_counter>({.name = std::to_string(i), .chain = {{remedy::restart, 9}}}));
  house h({.intensity = {100, 5s}, .restarts_at_once = 0.2, .actors = std::move(ten)}, true);
  h.all.tick({.budget = 50'000'000});
  for (int i = 0; i < 10; ++i) h.all.kill(std::to_string(i), "a storm");
  for (int i = 0; i < 200; ++i) h.all.tick({.budget = 50'000'000, .advance = 0});
  int at_once = 0, most = 0, cured = 0;
  for (const auto& line : h.log.wait_for(20)) {
    const bool back = line.find("cured") != std::string::npos;
    at_once += back ? -1 : 1;
    cured += back;
    most = std::max(most, at_once);
  }
  CHECK(cured == 10);
  CHECK(most <= 2);
}
