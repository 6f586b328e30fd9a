#include "support/test_node.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;

namespace {

struct note_down {
  int number = 0;
};
VESTA_MESSAGE(note_down);
struct part {};
VESTA_MESSAGE(part);
struct trip_up {
  int times = 0;
};
VESTA_MESSAGE(trip_up);
struct pages_request {};
VESTA_MESSAGE(pages_request);
struct pages {
  std::vector<int> numbers;
  std::uint64_t incarnation = 0;
};
VESTA_MESSAGE(pages);
using scribe_actor = caf::typed_actor<caf::reacts_to<note_down>, caf::reacts_to<part>,
                                      caf::reacts_to<trip_up>, caf::replies_to<pages_request>::with<pages>>;

struct scribe_state {
  std::vector<int> numbers;
};
VESTA_MESSAGE(scribe_state);

/// How often a scribe trips still; outlives its incarnations.
struct stairs {
  std::atomic<int> left{0};
};

/// Keeps the numbers that it is told, in order, until it parts.
class scribe {
public:
  using interface = scribe_actor;
  explicit scribe(context& self) : self_(self) {}
  void on(const note_down& m) { state.numbers.push_back(m.number); }
  void on(const part&) { self_.quit(); }
  void on(const trip_up&) {
    if (self_.use<stairs>().left-- > 0) throw std::runtime_error("it trips");
  }
  pages on(const pages_request&) { return {state.numbers, self_.incarnation()}; }
  scribe_state state;

private:
  context& self_;
};

actor_spec scribe_spec(std::string name, restart_kind restart = restart_kind::permanent,
                       bool significant = false) {
  return spec_of<scribe>({.name = std::move(name),
                          .restart = restart,
                          .chain = {{remedy::restart, 10}},
                          .significant = significant});
}

struct bureau {
  decision_log log;
  stairs steps;
  node all;

  explicit bureau(supervisor_spec tree) : all({.listener = &log}, std::move(tree), lent()) { all.start(); }

  scribe_actor scribe_named(const std::string& name) { return all.find<scribe_actor>(name); }
  std::optional<pages> ask(const std::string& name, error_code* why = nullptr) {
    return all.ask<pages>(scribe_named(name), pages_request{}, 10s, why);
  }

private:
  services lent() {
    services made;
    made.lend(steps);
    return made;
  }
};

const std::vector<int> thousand = [] {
  std::vector<int> numbers;
  for (int i = 0; i < 1000; ++i) numbers.push_back(i);
  return numbers;
}();

} // namespace

TEST_CASE("a group restart loses no message, no order and no kept state", "[concurrent]") {
  for (const auto rule : {group_rule::one_for_all, group_rule::rest_for_one}) {
    bureau work(
        {.name = "root", .rule = rule, .actors = {scribe_spec("a"), scribe_spec("b"), scribe_spec("c")}});
    work.steps.left = 3;
    for (const int i : thousand) {
      if (i % 400 == 100) work.all.send(work.scribe_named("a"), trip_up{});
      for (const auto* name : {"a", "b", "c"}) work.all.send(work.scribe_named(name), note_down{i});
    }
    for (const auto* name : {"a", "b", "c"}) {
      const auto seen = work.ask(name);
      REQUIRE(seen);
      CHECK(seen->numbers == thousand);
    }
    CHECK(work.ask("a")->incarnation == 4);
  }
}

TEST_CASE("a transient actor that quits stays away and says so, a permanent one begins anew",
          "[concurrent]") {
  bureau work({.name = "root",
               .actors = {scribe_spec("transient", restart_kind::transient), scribe_spec("permanent")}});
  for (const auto* name : {"transient", "permanent"}) {
    work.all.send(work.scribe_named(name), note_down{1});
    work.all.send(work.scribe_named(name), part{});
    work.all.send(work.scribe_named(name), note_down{2});
  }
  error_code why = error_code::none;
  CHECK_FALSE(work.ask("transient", &why));
  CHECK(why == error_code::actor_stopped);
  const auto seen = work.ask("permanent");
  REQUIRE(seen);
  CHECK(seen->numbers == std::vector{2});
  CHECK(seen->incarnation == 2);
}

TEST_CASE("a group restart brings back a transient actor that had quit", "[concurrent]") {
  bureau work({.name = "root",
               .rule = group_rule::one_for_all,
               .actors = {scribe_spec("a"), scribe_spec("b", restart_kind::transient)}});
  work.all.send(work.scribe_named("b"), part{});
  CHECK_FALSE(work.ask("b"));
  work.all.kill("a", "a test");
  CHECK(work.log.wait_for(2).back() == "a: cured by restart");
  REQUIRE(soon([&] { return work.ask("b"); }));
  CHECK(work.ask("b")->numbers.empty());
}

TEST_CASE("a significant actor that quits takes its supervisor with it, and the parent decides",
          "[concurrent]") {
  bureau work({.name = "root",
               .actors = {scribe_spec("bystander")},
               .supervisors = {
                   {.name = "team",
                    .shutdown = auto_shutdown::any_significant,
                    .restart = restart_kind::transient,
                    .actors = {scribe_spec("lead", restart_kind::transient, true), scribe_spec("hand")}}}});
  REQUIRE(work.ask("hand"));
  work.all.send(work.scribe_named("lead"), part{});
  error_code why = error_code::none;
  REQUIRE(soon([&] { return !work.ask("hand", &why); }));
  CHECK(why == error_code::actor_stopped);
  CHECK(work.ask("bystander"));
}
