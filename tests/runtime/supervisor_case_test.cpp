// The cases of supervision again, by real actors under real supervisors, in virtual time and in orders that
// seeds choose.

#include <algorithm>
#include <set>

#include "runtime/supervision_case.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/node.hpp"
#include "vesta/runtime/supervisor.hpp"

using namespace vesta;
using namespace vesta::test;

namespace {

/// What the actors of a case tell, and what their next starts do.
struct playbill {
  std::string log;
  std::map<std::string, int> failing_starts;
  std::set<std::string> crashing; ///< once: the message that they crash on is not lost, and comes again
};

struct crash {};
VESTA_MESSAGE(crash);
struct end_now {};
VESTA_MESSAGE(end_now);
using player_actor = caf::typed_actor<caf::reacts_to<crash>, caf::reacts_to<end_now>>;

class player {
public:
  using interface = player_actor;
  explicit player(context& self) : self_(self), play_(self.use<playbill>()) {
    const bool fails = play_.failing_starts[self.actor_name()]-- > 0;
    play_.log += " +" + self.actor_name() + (fails ? "!" : "");
    if (fails) throw std::runtime_error("its start fails");
  }
  ~player() {
    if (ordered_) play_.log += " -" + self_.actor_name();
  }
  void on(const crash&) {
    if (play_.crashing.erase(self_.actor_name()) == 0) return;
    ordered_ = false;
    throw std::runtime_error("it crashes");
  }
  void on(const end_now&) {
    ordered_ = false;
    self_.quit();
  }

private:
  context& self_;
  playbill& play_;
  bool ordered_ = true; ///< an end that comes now is its supervisor's doing
};

class silence final : public supervision_listener {
public:
  void on_failure(const failure&, remedy) override {}
  void on_recovered(const recovered&) override {}
  void on_escalated_to_root(const escalation&) override {}
};

/// False for a tree that a supervisor_spec cannot say: its actors come before its supervisors.
bool make_spec(const case_child& one, supervisor_spec& made, std::set<std::string>& supervisors) {
  made = {.name = one.name,
          .intensity = one.intensity,
          .rule = one.rule,
          .shutdown = one.shutdown,
          .restart = one.restart,
          .significant = one.significant};
  supervisors.insert(one.name);
  for (const auto& child : one.children) {
    if (child.is_supervisor) {
      if (!make_spec(child, made.supervisors.emplace_back(), supervisors)) return false;
    } else if (!made.supervisors.empty()) {
      return false;
    } else {
      made.actors.push_back(spec_of<player>({.name = child.name,
                                             .restart = child.restart,
                                             .chain = {{remedy::restart, 100}},
                                             .significant = child.significant}));
    }
  }
  return true;
}

/// Without what only the supervisors say.
std::string of_actors(const std::string& log, const std::set<std::string>& supervisors) {
  std::istringstream words(log);
  std::string left;
  for (std::string word; words >> word;)
    if (word[0] != 'x' && word[0] != '^' && !supervisors.contains(word.substr(1))) left += " " + word;
  return left;
}

/// Where a rule awaits no start, those next to each other come in any order: here by name.
std::string with_starts_sorted(const std::string& log, const std::string& tree) {
  if (tree.find(":one:") == std::string::npos && tree.find(":simple:") == std::string::npos) return log;
  std::istringstream text(log);
  std::vector<std::string> words{std::istream_iterator<std::string>(text), {}};
  const auto starts = [](const std::string& word) { return word[0] == '+'; };
  for (auto at = words.begin(); at != words.end();) {
    const auto first = std::find_if(at, words.end(), starts);
    at = std::find_if_not(first, words.end(), starts);
    std::sort(first, at);
  }
  std::string sorted;
  for (const auto& word : words) sorted += " " + word;
  return sorted;
}

std::string play(const supervision_case& each, supervisor_spec tree, std::uint64_t seed) {
  playbill bill;
  services lent;
  lent.lend(bill);
  silence nobody;
  node actors({.seed = seed, .listener = &nobody, .simulated = true}, std::move(tree), lent);
  const auto run = [&](platform::nanoseconds time) { actors.run({.time = time}); };
  actors.start();
  run(0);
  std::int64_t now = 0;
  std::istringstream script(each.script);
  for (std::string who, what; script >> who;) {
    if (who[0] == '@') {
      const auto then = std::stoll(who.substr(1));
      run((then - std::exchange(now, then)) * 1'000'000'000);
      continue;
    }
    script >> what;
    if (what == "fails")
      script >> bill.failing_starts[who];
    else if (what == "crashes" && bill.crashing.insert(who).second)
      actors.send(actors.find<player_actor>(who), crash{});
    else
      actors.send(actors.find<player_actor>(who), end_now{});
    run(0);
  }
  return bill.log; // before the node ends
}

bool is_for_actors(const supervision_case& each) {
  static const std::vector<std::string> others = {"shuts", "slow", "suspend", "resume", "^root", "-root"};
  return std::ranges::none_of(others,
                              [&](const auto& word) { return each.line.find(word) != std::string::npos; });
}

} // namespace

TEST_CASE("real supervisors end and start real actors as the cases say") {
  int played = 0;
  for (const auto& each : supervision_cases()) {
    std::istringstream text(each.tree);
    supervisor_spec tree;
    std::set<std::string> supervisors;
    if (!is_for_actors(each) || !make_spec(read_case_tree(text), tree, supervisors)) continue;
    INFO(each.line);
    const auto expected = with_starts_sorted(of_actors(each.log, supervisors), each.tree);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      INFO("seed " << seed);
      CHECK(with_starts_sorted(play(each, tree, seed), each.tree) == expected);
    }
    ++played;
  }
  CHECK(played >= 80);
}
