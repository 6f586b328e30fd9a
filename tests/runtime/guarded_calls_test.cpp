#include "vesta/runtime/guarded_calls.hpp"

#include <catch2/catch.hpp>

#include "support/quiet_log.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/node.hpp"

using namespace vesta;
using namespace std::chrono_literals;

namespace {

constexpr platform::nanoseconds ms = 1'000'000;

struct reading_request {
  int sensor = 0;
};
VESTA_MESSAGE(reading_request);
struct reading {
  int value = 0;
};
VESTA_MESSAGE(reading);
using sensor_actor = caf::typed_actor<caf::replies_to<reading_request>::with<reading>>;

struct look {
  std::string policy;
  int failures = 0; ///< of the handler that calls
};
VESTA_MESSAGE(look);
using watcher_actor = caf::typed_actor<caf::reacts_to<look>>;

/// What the test's actors share; they all run on its thread.
struct station {
  int asked = 0;        ///< of the sensor
  int answers_from = 0; ///< the sensor fails until it was asked so often
  int stumbles = 0;
  std::vector<error_code> heard;
};

class sensor {
public:
  using interface = sensor_actor;
  explicit sensor(context& self) : station_(self.use<station>()) {}
  reading on(const reading_request& m) {
    if (++station_.asked < station_.answers_from) throw std::runtime_error("no reading");
    return {m.sensor};
  }

private:
  station& station_;
};

class watcher {
public:
  using interface = watcher_actor;
  using own = own_messages<answer<reading>>;
  explicit watcher(context& self) : self_(self), station_(self.use<station>()) {}
  void on(const look& m) {
    self_.call(m.policy, self_.peer<sensor_actor>("sensor"), reading_request{7});
    if (station_.stumbles++ < m.failures) throw std::runtime_error("stumbled");
  }
  void on(const answer<reading>& m) {
    station_.heard.push_back(m.code);
    if (m.code == error_code::none) CHECK(m.value.value == 7);
  }

private:
  context& self_;
  station& station_;
};

/// Three tries, 10 ms and 20 ms apart.
call_policy patient() {
  return {.whole_ns = 10'000 * ms,
          .try_ns = 100 * ms,
          .tries = 3,
          .pauses = {.first_ns = 10 * ms, .jitter = 0},
          .breaker = {},
          .places = {},
          .rate = {}};
}

struct field {
  station all;
  test::quiet_log quiet;
  node actors;

  explicit field(std::vector<named_policy> policies)
      : actors({.hosted = true}, tree(std::move(policies)), lent()) {
    actors.start();
  }
  static supervisor_spec tree(std::vector<named_policy> policies) {
    return {.name = "root",
            .intensity = {1000},
            .actors = {spec_of<sensor>({.name = "sensor", .chain = {{remedy::set_aside}}}),
                       spec_of<watcher>({.name = "watcher",
                                         .chain = {{remedy::retry, 9}},
                                         .repeatable = true,
                                         .policies = std::move(policies)})}};
  }
  services lent() {
    services made;
    made.lend(all);
    return made;
  }
  void call(const look& what) {
    actors.send(actors.find<watcher_actor>("watcher"), what);
    pass(0ns);
  }
  void pass(std::chrono::nanoseconds time) {
    actors.tick({.budget = 50 * ms, .advance = time.count()});
    actors.tick({.budget = 50 * ms, .advance = 0});
  }
};

using codes = std::vector<error_code>;

} // namespace

TEST_CASE("a call is tried again until it succeeds, and its caller hears once") {
  field here({{"patient", patient()}});
  here.all.answers_from = 3;
  here.call({"patient"});
  CHECK(here.all.asked == 1);
  here.pass(9ms);
  CHECK(here.all.asked == 1);
  here.pass(2ms);
  CHECK(here.all.asked == 2);
  here.pass(22ms);
  CHECK(here.all.asked == 3);
  CHECK(here.all.heard == codes{error_code::none});
}

TEST_CASE("when all tries fail the caller hears why the last one did") {
  field here({{"patient", patient()}});
  here.all.answers_from = 100;
  here.call({"patient"});
  for (int i = 0; i < 10; ++i) here.pass(30ms);
  CHECK(here.all.asked == 3);
  CHECK(here.all.heard == codes{error_code::message_set_aside});
}

TEST_CASE("an open circuit answers at once, without a question") {
  auto hasty = patient();
  hasty.tries = 1;
  hasty.breaker.window_calls = 4;
  hasty.breaker.min_calls = 4;
  field here({{"hasty", hasty}});
  here.all.answers_from = 100;
  for (int i = 0; i < 6; ++i) here.call({"hasty"});
  CHECK(here.all.asked == 4);
  CHECK(here.all.heard == codes{error_code::message_set_aside, error_code::message_set_aside,
                                error_code::message_set_aside, error_code::message_set_aside,
                                error_code::circuit_open, error_code::circuit_open});
}

TEST_CASE("a handler that fails has called nobody, and its second attempt calls once") {
  field here({{"patient", patient()}});
  here.call({"patient", 2});
  here.pass(1s);
  CHECK(here.all.asked == 1);
  CHECK(here.all.heard == codes{error_code::none});
}

TEST_CASE("each policy goes by its own, and one that nobody named fails the handler") {
  auto rare = patient();
  rare.rate = {.calls = 1, .burst = 1};
  field here({{"patient", patient()}, {"rare", rare}});
  for (int i = 0; i < 3; ++i) here.call({"rare"});
  CHECK(here.all.asked == 1);
  here.call({"patient"});
  CHECK(here.all.asked == 2);
  here.pass(1001ms); // the others wait for their turn
  here.pass(1001ms);
  CHECK(here.all.asked == 4);
  here.call({"unheard of"});
  CHECK(here.all.heard.size() == 4);
}

TEST_CASE("calls under one policy are no more at once than it allows") {
  auto narrow = patient();
  narrow.places.at_once = 1;
  guarded_calls calls({{"narrow", narrow}});
  using kind = guarded_calls::step::kind;
  CHECK(calls.begin(1, "narrow", {}, 0).what == kind::ask);
  const auto refused = calls.begin(2, "narrow", {}, 0);
  CHECK(refused.what == kind::finish);
  CHECK(refused.code == error_code::calls_full);
  platform::random_stream dice(1);
  CHECK(calls.answered(1, error_code::none, 1, dice).what == kind::finish);
  CHECK(calls.begin(3, "narrow", {}, 2).what == kind::ask);
  calls.clear();
  CHECK(calls.size() == 0);
}
