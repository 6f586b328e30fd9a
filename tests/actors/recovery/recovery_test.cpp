// The coordinator and its strategies with real actors, on a hosted node: time passes when a test says so.

#include "vesta/actors/recovery/recovery.hpp"

#include <atomic>

#include "support/test_node.hpp"
#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/interfaces.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

struct treat {
  int number = 0;
};
VESTA_MESSAGE(treat);
using patient_actor = caf::typed_actor<caf::reacts_to<treat>>;

/// What ails the actors of a test, and what they did. Outlives them.
struct ward {
  std::function<bool(int number)> ails = [](int) { return false; };
  category kind = category::runtime;
  bool cannot_start = false;
  service_level level;
  std::map<std::string, std::vector<int>> treated; ///< by actor
  std::vector<std::string> woken;                  ///< whose timers came
  std::vector<std::uint32_t> orders;               ///< that strategies of a test have got
};

class patient {
public:
  using interface = patient_actor;
  explicit patient(context& self) : self_(self), ward_(self.use<ward>()) {
    if (ward_.cannot_start && self.actor_name() == "patient") throw std::runtime_error("it cannot start");
  }
  void on(const treat& m) {
    if (self_.actor_name() != "standby" && ward_.ails(m.number))
      throw actor_error(error_code::handler_failed, ward_.kind, "it hurts");
    ward_.treated[self_.actor_name()].push_back(m.number);
  }
  void adapt(const service_level& to) { ward_.level = to; }

private:
  context& self_;
  ward& ward_;
};

struct memory {
  std::int64_t sum = 0;
};
/// One that keeps state.
class minded_patient : public patient {
public:
  using patient::patient;
  void on(const treat& m) {
    state.sum += m.number;
    patient::on(m);
  }
  memory state;
};

struct wake {};
VESTA_MESSAGE(wake);
/// One that is woken some time after each treatment.
class slow_patient : public minded_patient {
public:
  using own = own_messages<wake>;
  explicit slow_patient(context& self) : minded_patient(self), self_(self) {}
  void on(const treat& m) {
    minded_patient::on(m);
    self_.after(300ms, wake{});
  }
  void on(const wake&) { self_.use<ward>().woken.push_back(self_.actor_name()); }

private:
  context& self_;
};

/// A hosted node with these actors beside the recovery subtree.
class clinic {
public:
  explicit clinic(std::vector<actor_spec> actors, std::vector<own_strategy> own = {},
                  restart_intensity intensity = {.count = 100})
      : node_({.seed = 3, .listener = &log, .hosted = true},
              {.name = "root",
               .supervisors = {recovery_tree(std::move(own)),
                               {.name = "group", .intensity = intensity, .actors = std::move(actors)}}},
              lent()) {
    node_.start();
    pass(0ns);
  }
  void send(const std::string& to, int number) {
    node_.send(node_.find<patient_actor>(to), treat{number});
    pass(0ns);
  }
  /// In small steps, as a game's frames are.
  void pass(std::chrono::nanoseconds time) {
    for (auto left = time; left > 0ns; left -= 1ms) run(1ms);
    run(0ns);
  }
  node& operator*() { return node_; }

  ward here;
  decision_log log;

private:
  services lent() {
    services made;
    made.lend(here);
    return made;
  }
  void run(std::chrono::nanoseconds advance) {
    auto step = advance.count();
    while (node_.tick({.budget = 1'000'000'000, .advance = std::exchange(step, 0)}).turns > 0) {
    }
  }
  node node_;
};

using lines = std::vector<std::string>;
using numbers = std::vector<int>;

/// Its n-th to last tries fail.
auto fails(int times) {
  return [left = times](int) mutable { return left-- > 0; };
}

} // namespace

TEST_CASE("what fails by chance is tried again until it works") {
  clinic c({spec_of<patient>({.name = "patient", .repeatable = true})});
  c.here.ails = fails(3);
  c.send("patient", 1);
  c.pass(100ms);
  CHECK(c.log.wait_for(4) ==
        lines{"patient: retry", "patient: retry", "patient: retry", "patient: cured by retry"});
  CHECK(c.here.treated["patient"] == numbers{1});
}

TEST_CASE("poison is rolled back, met by a fresh incarnation, and set aside, and the actor goes on") {
  clinic c({spec_of<minded_patient>({.name = "patient"})});
  c.here.ails = [](int number) { return number == 2; };
  for (const int number : {1, 2, 3}) c.send("patient", number);
  c.pass(100ms);
  CHECK(c.log.wait_for(5) == lines{"patient: rollback", "patient: rollback", "patient: restart",
                                   "patient: set_aside", "patient: cured by set_aside"});
  CHECK(c.here.treated["patient"] == numbers{1, 3});
}

TEST_CASE("an actor that has too much to do gets less, and its share back once it is well") {
  clinic c({spec_of<minded_patient>({.name = "patient", .least_load = 0.1})});
  c.here.kind = category::performance;
  c.here.ails = [&](int) { return c.here.level.load > 0.3; };
  c.send("patient", 1);
  c.pass(10ms);
  CHECK(c.here.level.load == 0.25);
  CHECK(c.here.treated["patient"] == numbers{1});
  c.pass(5s);
  CHECK(c.here.level == service_level{});
}

TEST_CASE("features go off one by one until the actor works, and come back") {
  clinic c({spec_of<minded_patient>({.name = "patient", .features = {"shadows", "birds"}})});
  c.here.kind = category::performance;
  c.here.ails = [&](int) { return c.here.level.features_off < 2; };
  c.send("patient", 1);
  c.pass(10ms);
  CHECK(c.here.level.features_off == 2);
  CHECK(c.here.treated["patient"] == numbers{1});
  c.pass(5s);
  CHECK(c.here.level == service_level{});
}

TEST_CASE("a new incarnation is told at what level it has to work") {
  clinic c({spec_of<minded_patient>({.name = "patient", .features = {"shadows"}})});
  c.here.kind = category::performance;
  c.here.ails = [&](int) { return c.here.level.features_off < 1; };
  c.send("patient", 1);
  c.here.level = {};
  (*c).kill("patient", "by a test");
  c.pass(10ms);
  CHECK(c.here.level.features_off == 1);
}

TEST_CASE("a standby takes over what waits and what comes, in order, until the actor is well") {
  clinic c(
      {spec_of<patient>({.name = "patient", .standby = "standby"}), spec_of<patient>({.name = "standby"})});
  c.here.kind = category::io;
  c.here.ails = [](int) { return true; };
  for (const int number : {1, 2, 3}) c.send("patient", number);
  c.pass(10ms);
  CHECK(c.here.treated["standby"] == numbers{1, 2, 3});
  CHECK(c.log.wait_for(2) == lines{"patient: fallback", "patient: cured by fallback"});
  c.here.ails = [](int) { return false; };
  c.pass(2s);
  c.send("patient", 4);
  CHECK(c.here.treated["patient"] == numbers{4});
  CHECK(c.here.treated["standby"] == numbers{1, 2, 3});
}

TEST_CASE("a timer waits for the actor that set it while a standby is in its place") {
  clinic c({spec_of<slow_patient>({.name = "patient", .standby = "standby"}),
            spec_of<patient>({.name = "standby"})});
  c.here.kind = category::io;
  c.send("patient", 1);
  c.here.ails = [](int) { return true; };
  c.send("patient", 2);
  c.pass(10ms);
  CHECK(c.here.treated["standby"] == numbers{2});
  c.pass(500ms); // the first probe is later
  CHECK(c.here.woken.empty());
  c.here.ails = [](int) { return false; };
  c.pass(2s);
  CHECK(c.here.woken == lines{"patient"});
}

TEST_CASE("a probe leads an isolated actor back, and each next one comes later") {
  clinic c({spec_of<patient>({.name = "patient"})});
  c.here.cannot_start = true;
  (*c).kill("patient", "by a test");
  c.pass(500ms);
  CHECK(c.log.wait_for(1).back() == "patient: cured by isolate");
  const auto after_one = c.log.failures().size();
  c.pass(1s); // one probe, in vain
  const auto after_two = c.log.failures().size();
  CHECK(after_two > after_one);
  c.here.cannot_start = false;
  c.pass(1s); // the next one is two seconds away
  c.send("patient", 1);
  CHECK(c.here.treated["patient"].empty());
  c.pass(1500ms);
  CHECK(c.here.treated["patient"] == numbers{1});
}

namespace {

/// Takes orders, and writes down their attempts, without ever acting.
class idler {
public:
  using interface = strategy_actor;
  explicit idler(context& self) : self_(self) {}
  void on(const recovery_order& order) { self_.use<ward>().orders.push_back(order.attempt); }

private:
  context& self_;
};

/// Throws at each order.
class clumsy {
public:
  using interface = strategy_actor;
  explicit clumsy(context&) {}
  void on(const recovery_order&) { throw std::runtime_error("it cannot"); }
};

/// Sets the message aside.
class surgeon {
public:
  using interface = strategy_actor;
  explicit surgeon(context& self) : self_(self) {}
  void on(const recovery_order& order) {
    self_.use<ward>().orders.push_back(order.attempt);
    self_.send(order.what.supervisor, recovery_step{.failure_id = order.what.cause.id,
                                                    .actor = order.what.cause.actor,
                                                    .action = remedy::set_aside});
  }

private:
  context& self_;
};

} // namespace

TEST_CASE("a strategy of one's own takes one line, and is asked first where it helps") {
  clinic c({spec_of<patient>({.name = "patient"})},
           {{spec_of<surgeon>({.name = "surgeon"}), harm::none, {category::memory}}});
  c.here.ails = [](int) { return true; };
  c.here.kind = category::memory;
  c.send("patient", 1);
  CHECK(c.here.orders == std::vector<std::uint32_t>{0});
  CHECK(c.log.wait_for(2) == lines{"patient: set_aside", "patient: cured by set_aside"});
}

TEST_CASE("while a strategy idles or throws, the actor's own chain goes on in time") {
  const auto name = GENERATE(as<std::string>{}, "idler", "clumsy");
  clinic c(
      {spec_of<patient>({.name = "patient"})},
      {{name == "idler" ? spec_of<idler>({.name = name}) : spec_of<clumsy>({.name = name}), harm::none}});
  c.here.ails = fails(1);
  c.send("patient", 1);
  CHECK(c.here.treated["patient"].empty());
  c.pass(25ms);
  CHECK(c.here.treated["patient"] == numbers{1});
}

TEST_CASE("a coordinator that is gone for a while costs a moment, and no message") {
  clinic c({spec_of<patient>({.name = "patient"})}, {{spec_of<idler>({.name = "idler"}), harm::none}});
  c.here.ails = fails(1);
  c.send("patient", 1);
  (*c).kill("error_coordinator", "by a test");
  c.pass(25ms);
  CHECK(c.here.treated["patient"] == numbers{1});
}

TEST_CASE("no more than sixteen recoveries run at once, and those that wait are not forgotten") {
  std::vector<actor_spec> many;
  for (int i = 0; i < 40; ++i) many.push_back(spec_of<patient>({.name = "patient_" + std::to_string(i)}));
  clinic c(std::move(many), {{spec_of<idler>({.name = "idler"}), harm::none}});
  c.here.ails = fails(40);
  for (int i = 0; i < 40; ++i) c.send("patient_" + std::to_string(i), i);
  CHECK(c.here.orders.size() == 16);
  c.pass(200ms);
  for (int i = 0; i < 40; ++i) CHECK(c.here.treated["patient_" + std::to_string(i)] == numbers{i});
}

TEST_CASE("probes that fail use up no restarts, so they go on until the actor is well") {
  clinic c({spec_of<patient>({.name = "patient"})}, {}, restart_intensity{});
  REQUIRE((*c).inject("patient", {.where = inject_fault::place::start, .times = 7}));
  c.pass(20s);
  c.send("patient", 1);
  CHECK(c.here.treated["patient"] == numbers{1});
}

TEST_CASE("load is taken away no more often than there is load to take") {
  clinic c({spec_of<minded_patient>({.name = "patient", .features = {"birds"}, .least_load = 0.25})});
  c.here.kind = category::performance;
  c.here.ails = [&](int) { return c.here.level.features_off == 0; };
  c.send("patient", 1);
  c.pass(10ms);
  CHECK(c.log.wait_for(5) == lines{"patient: rollback", "patient: scale_down", "patient: scale_down",
                                   "patient: degrade", "patient: cured by degrade"});
}

TEST_CASE("strategies of one's own that cannot work are refused with a sentence") {
  std::vector<own_strategy> nine;
  for (int i = 0; i < 9; ++i) nine.push_back({spec_of<idler>({.name = "idler_" + std::to_string(i)})});
  CHECK_THROWS_WITH(recovery_tree(nine), Contains("9 strategies of your own are too many; at most 8"));
  CHECK_THROWS_WITH(recovery_tree({{spec_of<patient>({.name = "patient"})}}),
                    Contains("strategy \"patient\" has another interface"));
}

namespace {

/// Acts later than a recovery may take.
class dawdler {
public:
  using interface = strategy_actor;
  explicit dawdler(context& self) : self_(self) {}
  void on(const recovery_order& order) {
    self_.use<ward>().orders.push_back(order.attempt);
    order.attempt < 3 ? act(self_, order, remedy::restart, 60ms) : decline(self_, order);
  }

private:
  context& self_;
};

} // namespace

TEST_CASE("a recovery that takes too long still counts as an attempt") {
  clinic c({spec_of<patient>({.name = "patient"})}, {{spec_of<dawdler>({.name = "dawdler"})}});
  c.here.ails = [](int) { return true; };
  c.send("patient", 1);
  c.pass(500ms);
  CHECK(c.here.orders == std::vector<std::uint32_t>{0, 1, 2, 3});
  CHECK(c.log.wait_for(5).back() == "patient: cured by set_aside");
}

TEST_CASE("a coordinator that three times gave no answer in time is not asked for a while") {
  std::vector<actor_spec> four;
  for (int i = 0; i < 4; ++i) four.push_back(spec_of<patient>({.name = "patient_" + std::to_string(i)}));
  clinic c(std::move(four), {{spec_of<idler>({.name = "idler"})}});
  for (int i = 0; i < 3; ++i) {
    c.here.ails = fails(1);
    c.send("patient_" + std::to_string(i), i);
    CHECK(c.here.treated["patient_" + std::to_string(i)].empty());
    c.pass(25ms);
  }
  c.here.ails = fails(1);
  c.send("patient_3", 3); // the chain, at once
  CHECK(c.here.treated["patient_3"] == numbers{3});
  CHECK(c.here.orders.size() == 3);
}
