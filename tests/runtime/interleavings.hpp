#pragma once

// A small explorer of interleavings: threads as tiny programs over shared numbers, run in every order that
// there is. What a thread stores waits in a buffer of its own, first in, first out, until it reaches the
// memory at any later moment, as on x86. Unlike there, a read-modify-write waits for earlier stores to the
// same place alone, and an addition whose result nobody looks at may wait like a store: C++ promises no more
// of relaxed ones. Only a fence waits for the whole buffer.

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace vesta::test {

using small_number = std::int8_t;

/// A thread's own variables; unused ones are left 0, so that equal states look equal.
struct registers {
  small_number a = 0, b = 0, c = 0, mark = 0;
};

/// What one thread does, step by step. Names of labels are the writer's; a label is set once.
class program {
public:
  using value = small_number (*)(const registers&);
  using change = small_number (*)(small_number before, const registers&);
  using condition = bool (*)(const registers&);
  using reg = small_number registers::*;

  explicit program(std::string name) : name_(std::move(name)) {}

  void load(reg into, int place) { add({.what = kind::load, .place = place, .into = into}); }
  void store(int place, value of) { add({.what = kind::store, .place = place, .compute = of}); }
  /// May wait in the buffer.
  void add_later(int place, small_number by) { add({.what = kind::add, .place = place, .amount = by}); }
  /// At once and undivided; `into` gets what was there before.
  void update(reg into, int place, change how) {
    add({.what = kind::update, .place = place, .into = into, .alter = how});
  }
  void fence() { add({.what = kind::fence}); }
  /// Sleeps as long as the place holds this.
  void sleep_while(int place, small_number held) {
    add({.what = kind::sleep, .place = place, .amount = held});
  }
  /// Of the thread's own variables alone.
  void set(reg into, value of) { add({.what = kind::set, .into = into, .compute = of}); }
  void jump_if(condition when, const std::string& label) {
    jumps_.emplace_back(code_.size(), label);
    add({.what = kind::jump, .when = when});
  }
  void jump(const std::string& label) {
    jump_if([](const registers&) { return true; }, label);
  }
  void label(const std::string& name) { labels_[name] = code_.size(); }
  /// A label that nobody else uses.
  std::string fresh_label() { return "#" + std::to_string(++fresh_); }
  void end() { add({.what = kind::end}); }

private:
  friend class explorer;
  enum class kind : std::uint8_t { load, store, add, update, fence, sleep, set, jump, end };
  struct instruction {
    kind what;
    int place = -1;
    reg into = nullptr;
    value compute = nullptr;
    change alter = nullptr;
    condition when = nullptr;
    small_number amount = 0;
    std::size_t to = 0;
  };

  void add(instruction what) { code_.push_back(what); }
  void resolve() {
    end();
    for (const auto& [at, label] : jumps_) code_[at].to = labels_.at(label);
  }

  std::string name_;
  std::vector<instruction> code_;
  std::vector<std::pair<std::size_t, std::string>> jumps_;
  std::unordered_map<std::string, std::size_t> labels_;
  int fresh_ = 0;
};

/// Runs its threads in every order.
class explorer {
public:
  static constexpr std::size_t places_max = 20, threads_max = 4, buffer_max = 4;

  /// Memory once nothing can move any more, with all buffers empty.
  struct rest {
    std::array<small_number, places_max> memory;
    std::array<bool, threads_max> ended; ///< the others sleep
  };
  struct result {
    std::size_t states = 0;
    std::string trace; ///< the shortest way to a rest that is wrong, a line a step; empty: there is none
    bool whole = true; ///< false: there are more states than `states_max`
  };

  int place(std::string name, small_number initial = 0) {
    initial_.memory.at(places_.size()) = initial;
    places_.push_back(std::move(name));
    return static_cast<int>(places_.size()) - 1;
  }
  void add(program thread) {
    thread.resolve();
    threads_.push_back(std::move(thread));
  }

  /// `right` judges each state in which nothing can move.
  template <class Right>
  result explore(Right right) {
    static constexpr std::size_t states_max = 3'000'000;
    result found;
    nodes_.clear();
    seen_.clear();
    for (std::size_t t = 0; t < threads_.size(); ++t) settle(initial_, t);
    visit(initial_, 0, {});
    for (std::size_t at = 0; at < nodes_.size(); ++at) {
      if (nodes_.size() > states_max) {
        found.whole = false;
        break;
      }
      bool moved = false;
      for (std::size_t t = 0; t < threads_.size(); ++t) moved = step_each_way(at, t) || moved;
      if (moved || right(rest_of(nodes_[at].here))) continue;
      found.trace = trace_to(at);
      break;
    }
    found.states = nodes_.size();
    return found;
  }

private:
  using kind = program::kind;

  struct waiting_store {
    std::uint8_t place = 0;
    small_number amount = 0;
    std::uint8_t adds = 0;
  };
  struct thread_state {
    std::uint8_t next = 0;
    registers own;
    std::uint8_t waiting = 0;
    std::array<waiting_store, buffer_max> buffer{};
  };
  struct state {
    std::array<small_number, places_max> memory{};
    std::array<thread_state, threads_max> threads{};
  };
  static_assert(std::has_unique_object_representations_v<state>);
  /// What a thread does, or its buffer for it.
  struct step {
    std::uint8_t thread;
    bool drains;
    kind what;
    int place;
  };
  struct node {
    state here;
    std::size_t from;
    step taken; ///< that led here
  };

  /// Everything that this thread, or its buffer, can do next.
  bool step_each_way(std::size_t at, std::size_t t) {
    const auto from = nodes_[at].here;
    const auto& self = from.threads[t];
    const auto who = static_cast<std::uint8_t>(t);
    const bool drains = self.waiting > 0;
    auto next = from;
    if (drains) {
      drain(next, t);
      visit(next, at, {who, true, kind::store, self.buffer[0].place});
      next = from;
    }
    const auto& what = threads_[t].code_[self.next];
    if (!execute(next, t, what)) return drains;
    visit(next, at, {who, false, what.what, what.place});
    return true;
  }

  /// False when it has to wait.
  bool execute(state& all, std::size_t t, const program::instruction& what) {
    auto& self = all.threads[t];
    switch (what.what) {
    case kind::load:
      self.own.*what.into = seen_by(all, t, what.place);
      break;
    case kind::store:
    case kind::add:
      if (self.waiting == buffer_max) return false;
      self.buffer[self.waiting++] = {static_cast<std::uint8_t>(what.place),
                                     what.compute ? what.compute(self.own) : what.amount,
                                     static_cast<std::uint8_t>(what.what == kind::add)};
      break;
    case kind::update: {
      for (int i = 0; i < self.waiting; ++i)
        if (self.buffer[i].place == what.place) return false;
      auto& memory = all.memory[what.place];
      const auto before = memory;
      memory = what.alter(before, self.own);
      if (what.into) self.own.*what.into = before;
      break;
    }
    case kind::fence:
      if (self.waiting > 0) return false;
      break;
    case kind::sleep:
      if (seen_by(all, t, what.place) == what.amount) return false;
      break;
    default:
      return false;
    }
    ++self.next;
    settle(all, t);
    return true;
  }

  /// Runs on to the next step that others can tell.
  void settle(state& all, std::size_t t) {
    auto& self = all.threads[t];
    for (;; ++self.next) {
      const auto& what = threads_[t].code_[self.next];
      if (what.what == kind::set)
        self.own.*what.into = what.compute(self.own);
      else if (what.what != kind::jump)
        return;
      else if (what.when(self.own))
        self.next = static_cast<std::uint8_t>(what.to - 1);
    }
  }

  static small_number seen_by(const state& all, std::size_t t, int place) {
    auto value = all.memory[place];
    const auto& self = all.threads[t];
    for (int i = 0; i < self.waiting; ++i)
      if (const auto& [where, amount, adds] = self.buffer[i]; where == place)
        value = static_cast<small_number>(adds ? value + amount : amount);
    return value;
  }

  static void drain(state& all, std::size_t t) {
    auto& self = all.threads[t];
    const auto [place, amount, adds] = self.buffer[0];
    all.memory[place] = static_cast<small_number>(adds ? all.memory[place] + amount : amount);
    for (std::size_t i = 1; i < buffer_max; ++i) self.buffer[i - 1] = self.buffer[i];
    self.buffer[--self.waiting] = {};
  }

  void visit(const state& next, std::size_t from, step taken) {
    nodes_.push_back({next, from, taken});
    const std::string_view bytes{reinterpret_cast<const char*>(&nodes_.back().here), sizeof(state)};
    if (!seen_.insert(bytes).second) nodes_.pop_back();
  }

  rest rest_of(const state& all) const {
    rest now{all.memory, {}};
    for (std::size_t t = 0; t < threads_.size(); ++t)
      now.ended[t] = threads_[t].code_[all.threads[t].next].what == kind::end;
    return now;
  }

  std::string sentence(const step& taken) const {
    static const std::unordered_map<kind, std::string> verbs{
        {kind::load, " reads "},     {kind::store, " stores "},          {kind::add, " adds to "},
        {kind::update, " changes "}, {kind::fence, " passes its fence"}, {kind::sleep, " wakes by "}};
    return threads_[taken.thread].name_ + (taken.drains ? "'s store reaches " : verbs.at(taken.what)) +
           (taken.place < 0 ? "" : places_[static_cast<std::size_t>(taken.place)]) + "\n";
  }
  std::string trace_to(std::size_t at) const {
    std::string text;
    for (; at != 0; at = nodes_[at].from) text.insert(0, sentence(nodes_[at].taken));
    return text.empty() ? "nothing can move at the beginning\n" : text;
  }

  std::vector<std::string> places_;
  std::vector<program> threads_;
  state initial_;
  std::deque<node> nodes_;
  std::unordered_set<std::string_view> seen_; ///< of the states' bytes
};

} // namespace vesta::test
