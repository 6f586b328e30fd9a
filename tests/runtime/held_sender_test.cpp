// Inboxes that hold up who sends to them (overflow_rule::block).

#include "support/test_node.hpp"
#include "vesta/runtime/node_counters.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;

namespace {

struct parcel_number {
  int number = 0;
};
VESTA_MESSAGE(parcel_number);
struct produce {
  int left = 0;
};
VESTA_MESSAGE(produce);
using post_actor = caf::typed_actor<caf::reacts_to<parcel_number>, caf::reacts_to<produce>>;

/// What the test's actors share; they run on one thread at a time.
struct sorting_office {
  std::vector<int> arrived;
  int sent = 0;
  bool closed = false; ///< the last one cannot be started
};

/// Sends on what it gets, to the next in line, and makes parcels itself.
class stage {
public:
  using interface = post_actor;
  stage(context& self, const char* next) : self_(self), next_(self.peer<post_actor>(next)) {}
  void on(const parcel_number& m) { self_.send(next_, m); }
  void on(const produce& m) {
    self_.send(next_, parcel_number{self_.use<sorting_office>().sent++});
    if (m.left > 1) self_.send(self_.peer<post_actor>(self_.actor_name()), produce{m.left - 1});
  }

private:
  context& self_;
  const post_actor next_;
};

class last_stage {
public:
  using interface = post_actor;
  explicit last_stage(context& self) : office_(self.use<sorting_office>()) {
    if (office_.closed) throw std::runtime_error("closed");
  }
  void on(const parcel_number& m) { office_.arrived.push_back(m.number); }
  void on(const produce&) {}

private:
  sorting_office& office_;
};

constexpr std::size_t room = 10;

actor_spec stage_spec(std::string name, const char* next) {
  return spec_of<stage>({.name = std::move(name), .inbox_limit = room, .overflow = overflow_rule::block},
                        next);
}

struct line {
  sorting_office office;
  decision_log log;
  node all;

  explicit line(bool hosted)
      : all({.listener = &log, .hosted = hosted},
            {.name = "root",
             .intensity = {1000},
             .actors = {stage_spec("first", "second"), stage_spec("second", "last"),
                        spec_of<last_stage>({.name = "last",
                                             .chain = {{remedy::restart, 100, 10s}},
                                             .inbox_limit = room,
                                             .overflow = overflow_rule::block}),
                        stage_spec("ping", "pong"), stage_spec("pong", "ping")}},
            lent()) {
    all.start();
  }
  services lent() {
    services made;
    made.lend(office);
    return made;
  }
  post_actor named(const char* name) { return all.find<post_actor>(name); }
  /// Things begin to move, and nothing leaves the line at its end.
  void produce_with_closed_end() {
    pass(0ns);
    office.closed = true;
    all.kill("last", "a test");
    pass(0ns);
    all.send(named("first"), produce{10'000});
    pass(0ns);
  }
  void pass(std::chrono::nanoseconds time) {
    all.tick({.budget = 200'000'000, .advance = time.count()});
    for (int i = 0; i < 20; ++i) all.tick({.budget = 200'000'000, .advance = 0});
  }
};

std::vector<int> up_to(int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i) all.push_back(i);
  return all;
}

} // namespace

TEST_CASE("who sends to full inboxes is held up, along the line, and nothing is lost") {
  line at(true);
  at.produce_with_closed_end();
  CHECK(at.office.sent < 200); // some three inboxes, and what a turn makes
  CHECK(at.office.sent > static_cast<int>(2 * room));
  CHECK(at.office.arrived.empty());
  at.office.closed = false;
  for (int i = 0; i < 100; ++i) at.pass(1s);
  CHECK(at.office.sent == 10'000);
  CHECK(at.office.arrived == up_to(10'000));
}

TEST_CASE("who was held up for a second goes on") {
  line at(true);
  at.produce_with_closed_end();
  const auto before = at.office.sent;
  at.pass(0ns);
  CHECK(at.office.sent == before);
  at.pass(1s);
  CHECK(at.office.sent > before);
}

TEST_CASE("threads that are no actors are refused where actors are held up") {
  line at(true);
  at.pass(0ns);
  for (int i = 0; i < 100; ++i) at.all.send(at.named("last"), parcel_number{i});
  at.pass(0ns);
  CHECK(at.office.arrived == up_to(static_cast<int>(room)));
}

TEST_CASE("actors that hold up each other go on all the same, once a second") {
  line at(true);
  const auto handled = [&] { return at.all.counters().total().handled; };
  for (const auto* name : {"ping", "pong"}) at.all.send(at.named(name), produce{100});
  at.pass(0ns);
  for (int i = 0; i < 10; ++i) {
    const auto before = handled();
    at.pass(0ns);
    CHECK(handled() == before);
    at.pass(1s);
    CHECK(handled() > before);
  }
}

TEST_CASE("with all cores at work, what is held up arrives whole and in order", "[concurrent]") {
  line at(false);
  at.all.send(at.named("first"), produce{20'000});
  const auto* last = at.all.actors().find("last").get();
  REQUIRE(soon([&] { return last->counters->handled >= 20'000; }));
  at.all.stop();
  CHECK(at.office.arrived == up_to(20'000));
}
