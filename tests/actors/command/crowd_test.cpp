// The drills' own actors on a hosted node: time passes when a test says so.

#include "vesta/actors/command/crowd.hpp"

#include "support/test_node.hpp"
#include "vesta/actors/recovery/recovery.hpp"

using namespace vesta;
using namespace vesta::command;
using namespace vesta::test;
using namespace std::chrono_literals;

namespace {

class crowded_node {
public:
  explicit crowded_node(crowd_options options)
      : options_(options), node_({.seed = 3, .listener = &log, .hosted = true}, tree(options), {}) {
    node_.start();
    set_demand(node_, usual_demand);
    pass(100ms);
  }

  void pass(std::chrono::nanoseconds time) {
    for (auto left = time; left > 0ns; left -= 1ms) {
      node_.tick({.budget = 1'000'000'000, .advance = 1'000'000});
      while (node_.tick({.budget = 1'000'000'000}).turns > 0) {
      }
    }
  }
  /// After the last message.
  crowd_account account() {
    set_demand(node_, 0);
    pass(10ms);
    return account_of(node_);
  }
  bool as_expected() {
    const auto found = account();
    INFO(account_text(found));
    CHECK(found.sent > 10 * options_.actors);
    return is_as_expected(found, options_);
  }
  /// Whether the supervisors' decisions end with this line.
  bool heard(const std::string& line) {
    const auto lines = log.wait_for(1);
    return std::ranges::find(lines, line) != lines.end();
  }
  node& operator*() { return node_; }
  node* operator->() { return &node_; }

  decision_log log;

private:
  static supervisor_spec tree(const crowd_options& options) {
    auto below = crowd_tree(options);
    below.insert(below.begin(), recovery_tree());
    return {.name = "root", .intensity = {.count = 3}, .supervisors = std::move(below)};
  }

  const crowd_options options_;
  node node_;
};

} // namespace

TEST_CASE("a healthy crowd handles each of its messages once and in order") {
  crowded_node crowd({.actors = 5});
  crowd.pass(1s);
  CHECK(crowd.as_expected());
  CHECK(crowd.account().handled > 5 * 50);
}

TEST_CASE("there is no crowd unless a scenario has one") { CHECK(crowd_tree({}).empty()); }

TEST_CASE("a crowd with too much to do for its memory gets less, or leaves something out") {
  SECTION("less") {
    crowded_node crowd({.actors = 2, .can_scale_down = true});
    set_demand(*crowd, 1000);
    crowd.pass(100ms);
    CHECK(crowd.heard("crowd_0: cured by scale_down"));
    CHECK(crowd.log.failures().front().kind == category::memory);
    set_demand(*crowd, usual_demand);
    crowd.pass(200ms);
    CHECK(crowd.as_expected());
  }
  SECTION("something left out") {
    crowded_node crowd({.actors = 2, .can_degrade = true});
    set_demand(*crowd, 800);
    crowd.pass(100ms);
    CHECK(crowd.heard("crowd_1: cured by degrade"));
    set_demand(*crowd, usual_demand);
    crowd.pass(200ms);
    CHECK(crowd.as_expected());
  }
}

TEST_CASE("while the well is down a standby does the crowd's work") {
  crowded_node crowd({.actors = 3, .can_fall_back = true, .needs_well = true});
  crowd->inject("well", {.where = inject_fault::place::start, .times = 4});
  crowd.pass(300ms);
  CHECK(crowd.heard("crowd_0: cured by fallback"));
  CHECK(crowd.log.failures().back().kind == category::network);
  crowd.pass(5s);
  const auto before = crowd.log.failures().size();
  crowd.pass(2s);
  CHECK(crowd.log.failures().size() == before); // all are back
  CHECK(crowd.as_expected());
}

TEST_CASE("a message that is lost, doubled or set aside against the scenario's word is told") {
  const crowd_options usual{.actors = 1};
  CHECK(is_as_expected({.sent = 9, .handled = 9}, usual));
  CHECK_FALSE(is_as_expected({.sent = 0, .handled = 0}, usual));
  const crowd_account lost{.sent = 9, .handled = 8}, aside{.sent = 9, .handled = 8, .set_aside = 1};
  CHECK_FALSE(is_as_expected(lost, usual));
  CHECK(account_text(lost) == "9 sent, 0 set aside, 1 lost");
  CHECK_FALSE(is_as_expected(aside, usual));
  CHECK(is_as_expected(aside, {.actors = 1, .set_aside = 1}));
  CHECK_FALSE(is_as_expected(lost, {.actors = 1, .set_aside = 1}));
  const crowd_account doubled{.sent = 9, .handled = 9, .twice = 1};
  CHECK_FALSE(is_as_expected(doubled, usual));
  CHECK(account_text(doubled) == "9 sent, 0 set aside, 0 lost, 1 handled twice");
  const crowd_account late{.sent = 9, .handled = 9, .disorder = 2};
  CHECK_FALSE(is_as_expected(late, usual));
  CHECK(is_as_expected(late, {.actors = 1, .can_fall_back = true}));
}

TEST_CASE("a message on which one of the crowd is poisoned is counted as set aside") {
  crowded_node crowd({.actors = 2, .set_aside = 1});
  crowd->inject("crowd_1", {.where = inject_fault::place::message});
  crowd.pass(500ms);
  CHECK(crowd.heard("crowd_1: cured by set_aside"));
  CHECK(crowd.as_expected());
}
