// What must hold for every tree, whatever fails in it and whoever is quicker: docs/SEMANTICS.md over random
// trees, failures and orders.
//
// VESTA_PROPERTY_SEEDS=N plays N seeds instead of a few hundred; VESTA_PROPERTY_FROM=S begins at seed S.

#include <cstdlib>

#include "runtime/random_tree.hpp"
#include "support/quiet_log.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/error_bridge.hpp"
#include "vesta/runtime/node.hpp"
#include "vesta/runtime/outside_question.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;

namespace {

/// One tree, its host, and what the host does to it, all from one seed.
class tree_play {
public:
  explicit tree_play(std::uint64_t seed)
      : dice_(seed, "host", "script"), tree_(tree_grower(seed).grow()), citizens_(tree_.citizens.size()),
        book_(citizens_), listener_(book_),
        node_({.seed = seed, .listener = &listener_, .simulated = true}, tree_.root, lent()) {}

  /// What was broken; none, if all is well. The shorter the script, the simpler the case.
  std::vector<std::string> run(std::size_t steps) {
    node_.start();
    for (std::size_t i = 0; i < steps; ++i) step();
    if (dice_.below(8) > 0) come_to_rest();
    node_.stop();
    for (int who = 0; who < count(); ++who)
      if (book_.page_of(who).incarnations != 0) book_.complain("citizen {} has outlived its tree", who);
    return numbers_came_again() ? std::vector<std::string>{} : book_.complaints();
  }
  static constexpr std::size_t longest = 60;
  /// Of all that has happened.
  std::uint64_t trace() { return node_.run({}).trace; }

private:
  services lent() {
    services made;
    made.lend(book_);
    made.lend(citizens_);
    return made;
  }
  /// After 256 lives an actor without state uses its questions' numbers again, and answers may be mistaken.
  bool numbers_came_again() const {
    for (int who = 0; who < count(); ++who)
      if (book_.page_of(who).births > 256) return true;
    return false;
  }
  int count() const { return static_cast<int>(citizens_); }
  int anyone() { return static_cast<int>(dice_.below(citizens_)); }

  void step() {
    switch (const auto who = anyone(); dice_.below(10)) {
    case 0:
      return void(node_.kill(std::to_string(who), "as the script says"));
    case 1:
      return void(node_.release(std::to_string(who)));
    case 2:
      return book_.fail_starts(who, static_cast<int>(1 + dice_.below(3)));
    case 3:
      return rest(static_cast<platform::nanoseconds>(dice_.below(3'000'000'000)));
    case 4:
    case 5:
      return rest(static_cast<platform::nanoseconds>(dice_.below(5'000'000)));
    case 6:
    case 7:
      return void(node_.run({.turns = 1 + dice_.below(40)}));
    default:
      for (auto left = 1 + dice_.below(6); left > 0; --left) send(anyone());
    }
  }

  void send(int who) {
    const auto id = book_.write({.to = who, .generations = 3, .dice = dice_.next()});
    book_.sends(-1, {.letters = {id}});
    node_.send(node_.find<citizen_actor>(std::to_string(who)), work{id});
  }

  /// Lets all happen that has to, at this moment and those after it.
  void rest(platform::nanoseconds time) {
    if (!node_.run({.time = time, .turns = 100'000}).idle) book_.complain("the tree does not come to rest");
  }

  /// Nothing fails any more, and who is isolated is released: now all that was promised must have come.
  void come_to_rest() {
    book_.heal();
    rest(10'000'000'000);
    for (int round = 0; round < 20; ++round) {
      if (!release_isolated()) break;
      rest(10'000'000'000);
    }
    for (int who = 0; who < count(); ++who) check(who);
  }

  /// As node::ask, but no time passes meanwhile: `request_timed_out` is silence.
  std::optional<life_story> story_of(int who, error_code& why) {
    const auto citizen = node_.find<citizen_actor>(std::to_string(who));
    detail::outside_question question{node_.system(), caf::actor_cast<caf::strong_actor_ptr>(citizen),
                                      wrap(story_request{}), caf::infinite};
    rest(0);
    why = error_code::request_timed_out;
    if (!question.has_outcome()) return {};
    const auto outcome = question.wait();
    why = code_of(outcome.error);
    if (outcome.error) return {};
    return outcome.answer.get_as<life_story>(0);
  }

  bool release_isolated() {
    bool any = false;
    for (int who = 0; who < count(); ++who) {
      error_code why = error_code::none;
      if (story_of(who, why) || why != error_code::actor_isolated) continue;
      node_.release(std::to_string(who));
      any = true;
    }
    return any;
  }

  void check(int who) {
    const auto& about = tree_.citizens[static_cast<std::size_t>(who)];
    error_code why = error_code::none;
    const auto story = story_of(who, why);
    if (!story && !(about.may_end && why == error_code::actor_stopped))
      return book_.complain("citizen {} does not answer: {}", who, to_string(why));
    if (story) check_story(who, *story);
    check_letters_to(who, !about.may_end);
    if (story) check_letters_from(who, story->life);
  }

  /// The state has each effect of its life once, in order.
  void check_story(int who, const life_story& story) {
    std::vector<std::uint64_t> expected;
    for (const auto& each : book_.page_of(who).effects)
      if (each.life == story.life) expected.push_back(each.what);
    if (story.effects != expected)
      book_.complain("citizen {} remembers {} effects of its life {}, and there were {}, or others", who,
                     story.effects.size(), story.life, expected.size());
  }

  /// Each letter had its effect, or was refused.
  void check_letters_to(int who, bool always_there) {
    const bool bounded = tree_.citizens[static_cast<std::size_t>(who)].is_bounded;
    std::vector<std::uint64_t> lost;
    int set_aside = 0;
    for (std::uint64_t id = 0; id < book_.letters().size(); ++id) {
      const auto& each = book_.letters()[id];
      if (each.to != who || !each.sent || each.way == letter_way::timer || each.effects > 0) continue;
      if (each.way == letter_way::question && each.code != error_code::none) continue; // its asker knows
      set_aside += each.failed_on ? 1 : 0;
      if (!each.failed_on && !(each.way == letter_way::question && each.answers == 0)) lost.push_back(id);
    }
    if (set_aside > book_.page_of(who).given_up && always_there)
      book_.complain("citizen {} has lost {} letters that it had failed on", who, set_aside);
    if (always_there && !bounded && !lost.empty())
      book_.complain("citizen {} has lost {} letters, among them {}", who, lost.size(), lost.front());
  }

  /// Each question of this life was answered, and each of its timers came.
  void check_letters_from(int who, std::uint64_t life) {
    for (std::uint64_t id = 0; id < book_.letters().size(); ++id) {
      const auto& each = book_.letters()[id];
      if (each.from != who || each.senders_life != life || !each.sent) continue;
      if (each.way == letter_way::question && each.answers == 0 && !each.answer_failed_on)
        book_.complain("question {} from {} to {} was never answered", id, who, each.to);
      if (each.way == letter_way::timer && each.effects == 0 && !each.failed_on)
        book_.complain("timer {} of citizen {} never came", id, who);
    }
  }

  platform::random_stream dice_;
  random_tree tree_;
  std::size_t citizens_;
  letter_book book_;
  book_listener listener_;
  node node_;
};

std::vector<std::string> play_tree(std::uint64_t seed, std::size_t steps = tree_play::longest) {
  const int before = tracer::alive;
  auto complaints = tree_play(seed).run(steps);
  if (tracer::alive != before)
    complaints.push_back(fmt::format("{} messages still take up memory", tracer::alive - before));
  return complaints;
}

/// The shortest script with which the seed still fails.
std::size_t shrink(std::uint64_t seed) {
  std::size_t steps = 0;
  while (steps < tree_play::longest && play_tree(seed, steps).empty()) ++steps;
  return steps;
}

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
  const auto* said = std::getenv(name);
  return said ? std::strtoull(said, nullptr, 10) : otherwise;
}

} // namespace

TEST_CASE("whatever fails in whatever tree, nothing is lost, doubled, reordered or left unanswered") {
  const quiet_log quiet;
  const auto first = from_environment("VESTA_PROPERTY_FROM", 1);
  const auto count = from_environment("VESTA_PROPERTY_SEEDS", 300);
  int failed = 0;
  for (auto seed = first; seed < first + count; ++seed) {
    const auto complaints = play_tree(seed);
    if (complaints.empty()) continue;
    INFO("VESTA_PROPERTY_SEEDS=1 VESTA_PROPERTY_FROM=" << seed << " plays it again; " << shrink(seed)
                                                       << " steps of its script suffice");
    CAPTURE(complaints);
    CHECK(false);
    ++failed;
  }
  CHECK(failed == 0);
}

TEST_CASE("one seed plays one tree in one way, failures and all") {
  const quiet_log quiet;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    tree_play once(seed), again(seed);
    once.run(tree_play::longest);
    again.run(tree_play::longest);
    CHECK(once.trace() == again.trace());
  }
}
