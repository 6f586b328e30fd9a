#pragma once

#include <atomic>
#include <stdexcept>

#include "runtime/letter_book.hpp"
#include "vesta/runtime/actor.hpp"

namespace vesta::test {

/// Counts the messages that still take up memory.
class tracer {
public:
  tracer() { ++alive; }
  tracer(const tracer&) { ++alive; }
  tracer& operator=(const tracer&) = default;
  ~tracer() { --alive; }
  static inline std::atomic<int> alive = 0;
};
template <class Inspector>
typename Inspector::result_type inspect(Inspector& f, tracer&) {
  return f();
}

struct work {
  std::uint64_t id = 0;
  tracer mark = {};
};
VESTA_MESSAGE(work);
struct inquiry {
  std::uint64_t id = 0;
  tracer mark = {};
};
VESTA_MESSAGE(inquiry);
struct information {
  std::uint64_t id = 0;
  tracer mark = {};
};
VESTA_MESSAGE(information);
struct reminder {
  std::uint64_t id = 0;
  tracer mark = {};
};
VESTA_MESSAGE(reminder);

/// What a citizen remembers, in the order of the effects.
struct life_story {
  std::uint64_t life = 0; ///< the incarnation in which it began
  std::vector<std::uint64_t> effects = {};
};
VESTA_MESSAGE(life_story);
struct story_request {};
VESTA_MESSAGE(story_request);

using citizen_actor = caf::typed_actor<caf::reacts_to<work>, caf::replies_to<inquiry>::with<information>,
                                       caf::replies_to<story_request>::with<life_story>>;

/// Takes letters to heart, writes others, and fails as their dice say: before it has changed anything if it
/// is `careful`, else amid its work.
class citizen {
public:
  using interface = citizen_actor;
  using own = own_messages<reminder, answer<information>>;

  void on(const work& m) { take_to_heart(m.id); }
  void on(const reminder& m) { take_to_heart(m.id); }
  information on(const inquiry& m) {
    take_to_heart(m.id);
    return {m.id};
  }
  void on(const answer<information>& m);
  life_story on(const story_request&) { return story_; }

protected:
  citizen(context& self, life_story& story, bool careful)
      : self_(self), story_(story), book_(self.use<letter_book>()), me_(std::stoi(self.actor_name())),
        careful_(careful) {
    book_.born(me_);
  }
  ~citizen() { book_.gone(me_); }
  citizen(const citizen&) = delete;
  citizen& operator=(const citizen&) = delete;

  /// At the end of a constructor.
  void begin_life() {
    story_ = {.life = self_.incarnation()};
    letter_book::written sent;
    auto dice = self_.random("birth " + std::to_string(story_.life));
    if (dice.below(4) == 0) write({.generations = 1, .dice = dice.next()}, sent);
    if (book_.start_fails(me_)) throw std::runtime_error("its start fails");
    if (!self_.runs_again()) book_.sends(me_, sent);
  }

private:
  void take_to_heart(std::uint64_t id);
  void write(letter made, letter_book::written& sent);
  void fail_if_said(std::uint64_t what) {
    if (!self_.runs_again() && book_.throws(what)) throw std::runtime_error("as its dice say");
  }

  context& self_;
  life_story& story_;
  letter_book& book_;
  const int me_;
  const bool careful_;
};

inline void citizen::take_to_heart(std::uint64_t id) {
  if (!self_.runs_again()) book_.opened(me_, id);
  if (careful_) fail_if_said(id);
  const auto it = book_.at(id);
  story_.effects.push_back(id);
  platform::random_stream dice(it.dice, "citizen", "work");
  letter_book::written sent;
  for (auto left = it.generations > 0 ? dice.below(3) : 0; left > 0; --left)
    write({.generations = it.generations - 1, .dice = dice.next()}, sent);
  if (!careful_) fail_if_said(id);
  if (it.quits && !book_.is_healed()) self_.quit();
  if (!self_.runs_again()) book_.took_effect(me_, story_.life, id, sent);
}

inline void citizen::on(const answer<information>& m) {
  const auto id = book_.question_of(me_, m.request);
  if (careful_) fail_if_said(id | letter_book::answer_bit);
  story_.effects.push_back(id | letter_book::answer_bit);
  if (!careful_) fail_if_said(id | letter_book::answer_bit);
  if (!self_.runs_again()) book_.answer_took_effect(me_, story_.life, id, m.code, m.value.id);
}

/// To whom, how, and when follows from the letter's dice.
inline void citizen::write(letter made, letter_book::written& sent) {
  platform::random_stream dice(made.dice, "citizen", "letter");
  const auto citizens = self_.use<std::size_t>();
  const auto how = dice.below(10);
  made.from = me_;
  made.senders_life = story_.life;
  made.way = how < 5 ? letter_way::tell : how < 8 ? letter_way::question : letter_way::timer;
  made.to = made.way == letter_way::timer ? me_ : static_cast<int>(dice.below(citizens));
  made.urgent = made.way == letter_way::tell && dice.below(8) == 0;
  const std::chrono::nanoseconds time{dice.below(20'000'000)};
  const auto id = book_.write(made);
  sent.letters.push_back(id);
  if (made.way == letter_way::timer) return self_.after(time, reminder{id});
  const auto to = self_.peer<citizen_actor>(std::to_string(made.to));
  if (made.way == letter_way::question)
    sent.requests.emplace_back(self_.ask(to, inquiry{id}, time), id);
  else
    self_.send(to, work{id}, made.urgent ? priority::urgent : priority::normal);
}

/// Keeps its story over its incarnations.
class settled_citizen final : public citizen {
public:
  settled_citizen(context& self, bool careful) : citizen(self, state, careful) { begin_life(); }
  life_story state;
};

/// Begins anew each time.
class roaming_citizen final : public citizen {
public:
  roaming_citizen(context& self, bool careful) : citizen(self, story_, careful) { begin_life(); }

private:
  life_story story_;
};

} // namespace vesta::test
