#include "vesta/runtime/child_group.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

using namespace vesta;

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// A tree of supervisors whose children are played by the test: what tests/data/supervision/cases.txt says of
/// its columns. Children obey at once, unless a script makes them slow or their starts fail.
class supervision_play {
public:
  explicit supervision_play(std::istringstream tree) { root_ = read(tree, nullptr); }

  std::string play(std::istringstream script) {
    groups_[root_]->core.open();
    work();
    for (std::string word; script >> word;) {
      if (word[0] == '@') {
        now_ns_ = std::stoll(word.substr(1)) * second;
        continue;
      }
      std::string what;
      REQUIRE(script >> what);
      happen(word, what, script);
      work();
    }
    return log_.empty() ? log_ : log_.substr(1);
  }

private:
  struct group {
    explicit group(child_group with) : core(std::move(with)) {}
    child_group core;
    std::vector<std::string> children;
    std::string parent;
  };
  struct place {
    group* in;
    std::size_t index;
  };

  void happen(const std::string& who, const std::string& what, std::istream& script) {
    const auto at = place_of(who);
    if (what == "fails") {
      script >> failing_starts_[who];
    } else if (what == "slow") {
      slow_.insert(who);
    } else if (what == "done") {
      slow_.erase(who);
      at.in->core.ended(at.index, end_reason::shutdown, now_ns_);
    } else if (what == "suspend") {
      at.in->core.suspend(at.index);
    } else if (what == "resume") {
      at.in->core.resume(at.index);
    } else {
      static const std::map<std::string, end_reason> reasons = {
          {"ends", end_reason::normal}, {"crashes", end_reason::failed}, {"shuts", end_reason::shutdown}};
      at.in->core.ended(at.index, reasons.at(what), now_ns_);
    }
  }

  place place_of(const std::string& who) {
    for (auto& [name, each] : groups_)
      for (std::size_t i = 0; i < each->children.size(); ++i)
        if (each->children[i] == who) return {each.get(), i};
    FAIL("no child is named " << who);
    return {};
  }

  void work() {
    for (bool found = true; found;) {
      found = false;
      for (auto& [name, each] : groups_)
        for (const auto& order : each->core.take_orders()) {
          found = true;
          carry_out(name, *each, order);
        }
    }
  }

  void carry_out(const std::string& name, group& in, const group_order& order) {
    using kind = group_order::kind;
    const auto who = order.child < in.children.size() ? in.children[order.child] : "";
    const auto below = groups_.find(who);
    switch (order.what) {
    case kind::start:
      if (below != groups_.end()) {
        note("+" + who);
        return below->second->core.open();
      }
      if (failing_starts_[who] > 0) {
        --failing_starts_[who];
        note("+" + who + "!");
        return in.core.ended(order.child, end_reason::failed, now_ns_);
      }
      note("+" + who);
      return in.core.started(order.child);
    case kind::end:
      if (below != groups_.end()) return below->second->core.close();
      note("-" + who);
      return slow_.contains(who) ? void() : in.core.ended(order.child, end_reason::shutdown, now_ns_);
    case kind::drop:
      return note("x" + who);
    case kind::give_up:
      note("^" + name);
      return in.core.close();
    case kind::opened:
      if (in.parent.empty()) return;
      return place_of(name).in->core.started(place_of(name).index);
    case kind::closed:
      note("-" + name);
      if (in.parent.empty()) return;
      const auto at = place_of(name);
      return at.in->core.ended(at.index, end_reason::shutdown, now_ns_);
    }
  }

  void note(const std::string& what) { log_ += " " + what; }

  /// NAME:RULE:COUNT/SECONDS[:any|:all]MARKS { CHILD... }; marks: ? transient, ~ temporary, ! significant.
  std::string read(std::istream& tree, group* parent) {
    std::string word;
    REQUIRE(tree >> word);
    const auto marked = [&](char mark) { return word.find(mark) != std::string::npos; };
    const auto restart = marked('?')   ? restart_kind::transient
                         : marked('~') ? restart_kind::temporary
                                       : restart_kind::permanent;
    const bool significant = marked('!');
    std::erase_if(word, [](char c) { return c == '?' || c == '~' || c == '!'; });
    const auto name = word.substr(0, word.find(':'));
    if (parent) {
      parent->core.add(restart, significant);
      parent->children.push_back(name);
    }
    if (name == word) return name;

    std::istringstream parts(word);
    std::string part, rule, often, shutdown;
    std::getline(parts, part, ':');
    std::getline(parts, rule, ':');
    std::getline(parts, often, ':');
    std::getline(parts, shutdown);
    static const std::map<std::string, group_rule> rules = {
        {"one", group_rule::one_for_one}, {"all", group_rule::one_for_all}, {"rest", group_rule::rest_for_one}};
    static const std::map<std::string, auto_shutdown> shutdowns = {{"", auto_shutdown::never},
                                                                   {"any", auto_shutdown::any_significant},
                                                                   {"all", auto_shutdown::all_significant}};
    const auto slash = often.find('/');
    auto made = std::make_unique<group>(
        child_group(rules.at(rule), shutdowns.at(shutdown),
                    {static_cast<unsigned>(std::stoul(often)),
                     std::chrono::seconds(std::stoll(often.substr(slash + 1)))}));
    auto* mine = made.get();
    if (parent) mine->parent = "above";
    groups_.emplace(name, std::move(made));
    REQUIRE((tree >> word && word == "{"));
    while (tree >> std::ws && tree.peek() != '}') read(tree, mine);
    tree >> word;
    return name;
  }

  std::string root_;
  std::map<std::string, std::unique_ptr<group>> groups_;
  std::map<std::string, int> failing_starts_;
  std::set<std::string> slow_;
  std::string log_;
  std::int64_t now_ns_ = 0;
};

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

} // namespace

TEST_CASE("supervision is OTP's, case by case") {
  std::ifstream cases(VESTA_SOURCE_DIR "/tests/data/supervision/cases.txt");
  REQUIRE(cases);
  int count = 0;
  for (std::string line; std::getline(cases, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream columns(line);
    std::string given, script, expected;
    std::getline(columns, given, '|');
    std::getline(columns, script, '|');
    std::getline(columns, expected);
    INFO(line);
    supervision_play stage{std::istringstream(given)};
    CHECK(stage.play(std::istringstream(script)) == trimmed(expected));
    ++count;
  }
  CHECK(count >= 150);
}
