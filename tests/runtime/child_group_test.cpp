#include "vesta/runtime/child_group.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "runtime/supervision_case.hpp"

using namespace vesta;
using namespace vesta::test;

namespace {

constexpr std::int64_t second = 1'000'000'000;

/// A tree of supervisors whose children are played by the test: they obey at once, unless a script makes them
/// slow or their starts fail.
class supervision_play {
public:
  explicit supervision_play(const case_child& tree) : root_(tree.name) { add(tree, nullptr); }

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
    bool is_root = false;
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
      when_all_have_ended(*at.in);
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
    case kind::end_all:
      for (std::size_t i = in.children.size(); i-- > 0;) {
        if (in.core.state_of(i) != child_group::state::ending) continue;
        note("-" + in.children[i]);
        if (!slow_.contains(in.children[i])) in.core.ended(i, end_reason::shutdown, now_ns_);
      }
      return when_all_have_ended(in);
    case kind::end:
    case kind::suspend:
      if (below != groups_.end()) return below->second->core.close();
      note("-" + who);
      return slow_.contains(who) ? void() : in.core.ended(order.child, end_reason::shutdown, now_ns_);
    case kind::drop:
      return note("x" + who);
    case kind::give_up:
      note("^" + name);
      return in.core.close();
    case kind::opened:
      if (in.is_root) return;
      return place_of(name).in->core.started(place_of(name).index);
    case kind::closed:
      note("-" + name);
      if (in.is_root) return;
      const auto at = place_of(name);
      return at.in->core.ended(at.index, end_reason::shutdown, now_ns_);
    }
  }

  static void when_all_have_ended(group& in) {
    for (std::size_t i = 0; i < in.children.size(); ++i)
      if (in.core.state_of(i) == child_group::state::ending) return;
    in.core.all_ended();
  }

  void note(const std::string& what) { log_ += " " + what; }

  void add(const case_child& one, group* parent) {
    if (parent) {
      parent->core.add(one.restart, one.significant);
      parent->children.push_back(one.name);
    }
    if (!one.is_supervisor) return;
    auto& mine = groups_[one.name];
    mine = std::make_unique<group>(child_group(one.rule, one.shutdown, one.intensity));
    mine->is_root = parent == nullptr;
    for (const auto& child : one.children) add(child, mine.get());
  }

  std::string root_;
  std::map<std::string, std::unique_ptr<group>> groups_;
  std::map<std::string, int> failing_starts_;
  std::set<std::string> slow_;
  std::string log_;
  std::int64_t now_ns_ = 0;
};

} // namespace

TEST_CASE("supervision is OTP's, case by case") {
  const auto cases = supervision_cases();
  CHECK(cases.size() >= 150);
  for (const auto& each : cases) {
    INFO(each.line);
    std::istringstream tree(each.tree);
    CHECK(supervision_play(read_case_tree(tree)).play(std::istringstream(each.script)) == each.log);
  }
}
