// The sleeping protocol of runtime/job_pool.cpp as a model, in every interleaving. Each part below mirrors
// the function of the same name there; whoever changes one changes the other. The mutex is taken for granted:
// what happens under it is one step.

#include <catch2/catch.hpp>

#include "runtime/interleavings.hpp"

using namespace vesta::test;

namespace {

constexpr auto to_one = [](const registers&) -> small_number { return 1; };

/// What the model leaves out or does otherwise, to show that it would be found.
struct mutation {
  bool fence_after_push = true;   ///< in `push` and `push_own`
  bool fence_before_sleep = true; ///< in `park`
  bool look_before_sleep = true;  ///< in `park`, after saying so
  bool look_everywhere = true;    ///< who ends its search looks at all rings, not at its own alone
  bool fence_after_search = true; ///< before that
  bool look_after_move = true;    ///< who has moved jobs into its ring looks too, though it has not searched
  bool wake_before_count = true;  ///< in `wake`; else the search is counted first and taken back
};

constexpr auto one = [](const registers&) -> small_number { return 1; };
constexpr auto up = [](small_number before, const registers&) -> small_number { return before + 1; };
constexpr auto down = [](small_number before, const registers&) -> small_number { return before - 1; };
constexpr auto to_zero = [](small_number, const registers&) -> small_number { return 0; };
constexpr auto one_less = [](small_number before, const registers&) -> small_number {
  return before > 0 ? before - 1 : 0;
};
constexpr auto a_is_zero = [](const registers& r) { return r.a == 0; };
constexpr auto a_is_positive = [](const registers& r) { return r.a > 0; };
constexpr auto ring_is_empty = [](const registers& r) { return r.a == r.b; };
constexpr auto ring_is_filled = [](const registers& r) { return r.a != r.b; };
constexpr auto is_no_searcher = [](const registers& r) { return r.mark == 0; };
constexpr auto nothing = [](const registers&) -> small_number { return 0; };

class pool_model {
public:
  explicit pool_model(std::size_t workers, mutation with = {}) : with_(with), seats_(workers) {
    shared_ = all_.place("the queue");
    sleeping_ = all_.place("the number of sleepers");
    searching_ = all_.place("the number of searchers");
    stopping_ = all_.place("stopping");
    taken_ = all_.place("the jobs taken");
    for (std::size_t w = 0; w < workers; ++w) {
      const auto of = name_of(w) + "'s ";
      auto& made = seats_[w];
      made.head = all_.place(of + "head");
      made.tail = all_.place(of + "tail");
      made.asleep = all_.place(of + "flag");
      made.own = all_.place(of + "own queue");
    }
  }

  /// Takes jobs until it is stopped; `long_jobs`: the first one keeps it for ever.
  void worker(std::size_t w, bool long_jobs) {
    program p(name_of(w));
    take(p, w, long_jobs);
    all_.add(std::move(p));
  }
  /// In a handler that makes so many jobs ready and then goes on for ever.
  void busy_worker(std::size_t w, int jobs) {
    program p(name_of(w));
    for (int i = 0; i < jobs; ++i) push_own(p, w);
    all_.add(std::move(p));
    pushed_ += jobs;
  }
  /// Pushes so many jobs for any worker.
  void outsider(int jobs) {
    program p("outsider");
    for (int i = 0; i < jobs; ++i) push(p);
    all_.add(std::move(p));
    pushed_ += jobs;
  }
  /// Pushes a job that one worker alone may run.
  void outsider_for(std::size_t w) {
    program p("outsider");
    p.add_later(seats_[w].own, 1);
    if (with_.fence_after_push) p.fence();
    wake(p, w);
    all_.add(std::move(p));
    ++pushed_;
  }
  void stopper() {
    program p("stopper");
    p.store(stopping_, one);
    p.fence();
    for (std::size_t w = 0; w < seats_.size(); ++w) wake(p, w);
    all_.add(std::move(p));
  }

  /// Explores. Right is a rest in which no worker sleeps beside a job that it may run, no job is lost or
  /// doubled, and, once it is stopped, nobody sleeps at all.
  explorer::result explore() {
    return all_.explore([this](const explorer::rest& now) { return is_right(now); });
  }

private:
  struct seat {
    int head, tail, asleep, own;
  };

  static std::string name_of(std::size_t w) { return std::string(1, static_cast<char>('A' + w)); }

  bool is_right(const explorer::rest& now) const {
    int left = now.memory[shared_];
    bool somebody_sleeps = false, left_own = false;
    for (const auto& each : seats_) {
      left += now.memory[each.tail] - now.memory[each.head];
      somebody_sleeps = somebody_sleeps || now.memory[each.asleep];
      left_own = left_own || (now.memory[each.own] > 0 && now.memory[each.asleep]);
    }
    int all = left + now.memory[taken_];
    for (const auto& each : seats_) all += now.memory[each.own];
    if (all != pushed_ || left_own) return false;
    return !somebody_sleeps || (left == 0 && !now.memory[stopping_]);
  }

  void push(program& p) {
    p.add_later(shared_, 1);
    if (with_.fence_after_push) p.fence();
    wake_one(p);
  }

  void push_own(program& p, std::size_t w) {
    p.load(&registers::a, seats_[w].tail);
    p.store(seats_[w].tail, [](const registers& r) -> small_number { return r.a + 1; });
    if (with_.fence_after_push) p.fence();
    wake_one(p);
  }

  void wake_one(program& p) {
    const auto done = p.fresh_label();
    p.load(&registers::a, sleeping_);
    p.jump_if(a_is_zero, done);
    p.load(&registers::a, searching_);
    p.jump_if(a_is_positive, done);
    for (std::size_t w = 0; w < seats_.size(); ++w) {
      const auto next = p.fresh_label();
      p.load(&registers::a, seats_[w].asleep);
      p.jump_if(a_is_zero, next);
      wake(p, w);
      p.jump(done);
      p.label(next);
    }
    p.label(done);
    p.set(&registers::a, nothing);
  }

  void wake(program& p, std::size_t w) {
    const auto done = p.fresh_label(), won = p.fresh_label();
    p.load(&registers::a, seats_[w].asleep);
    p.jump_if(a_is_zero, done);
    if (!with_.wake_before_count) p.update(nullptr, searching_, up);
    p.update(&registers::a, seats_[w].asleep, to_zero);
    p.jump_if(a_is_positive, won);
    if (!with_.wake_before_count) p.update(nullptr, searching_, down);
    p.jump(done);
    p.label(won);
    if (with_.wake_before_count) p.update(nullptr, searching_, up);
    p.update(nullptr, sleeping_, down);
    p.label(done);
    p.set(&registers::a, nothing);
  }

  void take(program& p, std::size_t w, bool long_jobs) {
    p.label("take");
    p.set(&registers::a, nothing);
    p.set(&registers::b, nothing);
    p.set(&registers::c, nothing);
    p.load(&registers::a, stopping_);
    p.jump_if(a_is_positive, "over");
    pop(p, w);
    take_shared(p, w);
    for (std::size_t i = 1; i < seats_.size(); ++i) steal(p, w, (w + i) % seats_.size());
    park(p, w);
    p.jump("take");
    end_search(p, w);
    p.update(nullptr, taken_, up);
    if (!long_jobs) p.jump("take");
    p.label("over");
  }

  void look_at_ring(program& p, std::size_t w) {
    p.load(&registers::b, seats_[w].head);
    p.load(&registers::a, seats_[w].tail);
  }

  void pop(program& p, std::size_t w) {
    const auto again = p.fresh_label(), empty = p.fresh_label();
    p.label(again);
    look_at_ring(p, w);
    p.jump_if(ring_is_empty, empty);
    p.update(&registers::c, seats_[w].head, [](small_number before, const registers& r) -> small_number {
      return before == r.b ? before + 1 : before;
    });
    p.jump_if([](const registers& r) { return r.b != r.c; }, again);
    p.set(&registers::c, nothing);
    p.jump("found");
    p.label(empty);
    p.set(&registers::c, nothing);
  }

  /// First what it alone may run; of the rest one, and its share of what is then left into its ring.
  void take_shared(program& p, std::size_t w) {
    const auto no_own = p.fresh_label(), none = p.fresh_label();
    p.load(&registers::a, seats_[w].own);
    p.jump_if(a_is_zero, no_own);
    p.update(&registers::a, seats_[w].own, one_less);
    p.jump_if(a_is_positive, "found");
    p.label(no_own);
    p.load(&registers::a, shared_);
    p.jump_if(a_is_zero, none);
    const bool two = seats_.size() == 2;
    p.update(
        &registers::c, shared_,
        two
        ? [](small_number before, const registers&) -> small_number { return before - share_of<2>(before); }
        : [](small_number before, const registers&) -> small_number { return before - share_of<3>(before); });
    p.jump_if([](const registers& r) { return r.c == 0; }, none);
    p.set(
        &registers::c,
        two ? [](const registers& r) -> small_number { return share_of<2>(r.c) - 1; }
            : [](const registers& r) -> small_number { return share_of<3>(r.c) - 1; });
    add_to_own_ring(p, w);
    p.label(none);
  }
  template <int Workers>
  static small_number share_of(small_number waiting) {
    return static_cast<small_number>(waiting == 0 ? 0 : 1 + (waiting - 1) / Workers);
  }

  /// So many jobs as `c` says.
  void add_to_own_ring(program& p, std::size_t w) {
    p.jump_if([](const registers& r) { return r.c == 0; }, "found");
    p.load(&registers::a, seats_[w].tail);
    p.store(seats_[w].tail, [](const registers& r) -> small_number { return r.a + r.c; });
    p.jump("moved");
  }

  void steal(program& p, std::size_t w, std::size_t victim) {
    const auto again = p.fresh_label(), none = p.fresh_label();
    p.label(again);
    look_at_ring(p, victim);
    p.jump_if(ring_is_empty, none);
    p.update(&registers::c, seats_[victim].head, [](small_number before, const registers& r) -> small_number {
      return static_cast<small_number>(before == r.b ? before + (r.a - r.b + 1) / 2 : before);
    });
    p.jump_if([](const registers& r) { return r.b != r.c; }, again);
    p.set(&registers::c, [](const registers& r) -> small_number {
      return static_cast<small_number>((r.a - r.b + 1) / 2 - 1);
    });
    add_to_own_ring(p, w);
    p.label(none);
  }

  /// At `moved` who has put jobs into its ring, at `found` who has not: of the latter only a searcher goes on
  /// to `pass_on`.
  void end_search(program& p, std::size_t w) {
    const auto no_searcher = p.fresh_label(), more = p.fresh_label();
    p.label("moved");
    p.set(&registers::c, one);
    p.label("found");
    p.jump_if(is_no_searcher, no_searcher);
    p.set(&registers::mark, nothing);
    p.update(nullptr, searching_, down);
    p.jump("pass_on");
    p.label(no_searcher);
    if (with_.look_after_move) p.jump_if([](const registers& r) { return r.c == 1; }, "pass_on");
    p.jump("run");
    p.label("pass_on");
    p.set(&registers::c, nothing);
    if (with_.fence_after_search) p.fence();
    p.load(&registers::a, shared_);
    p.jump_if(a_is_positive, more);
    for (std::size_t i = 0; i < (with_.look_everywhere ? seats_.size() : 1); ++i) {
      look_at_ring(p, (w + i) % seats_.size());
      p.jump_if(ring_is_filled, more);
    }
    p.jump("run");
    p.label(more);
    wake_one(p);
    p.label("run");
  }

  void park(program& p, std::size_t w) {
    const auto no_searcher = p.fresh_label(), stay = p.fresh_label(), up_again = p.fresh_label();
    p.jump_if(is_no_searcher, no_searcher);
    p.set(&registers::mark, nothing);
    p.update(nullptr, searching_, down);
    p.label(no_searcher);
    p.store(seats_[w].asleep, one);
    p.update(nullptr, sleeping_, up);
    if (with_.fence_before_sleep) p.fence();
    if (with_.look_before_sleep) {
      for (const auto place : {shared_, seats_[w].own, stopping_}) {
        p.load(&registers::a, place);
        p.jump_if(a_is_positive, stay);
      }
      for (std::size_t i = 0; i < seats_.size(); ++i) {
        look_at_ring(p, (w + i) % seats_.size());
        p.jump_if(ring_is_filled, stay);
      }
    }
    p.set(&registers::a, nothing);
    p.set(&registers::b, nothing);
    p.sleep_while(seats_[w].asleep, 1);
    p.jump(up_again);
    p.label(stay);
    wake(p, w);
    p.label(up_again);
    p.set(&registers::mark, one);
  }

  const mutation with_;
  explorer all_;
  std::vector<seat> seats_;
  int shared_, sleeping_, searching_, stopping_, taken_;
  int pushed_ = 0;
};

using setting = pool_model (*)(mutation);

/// Two workers, two jobs from outside.
pool_model jobs_from_one(mutation with) {
  pool_model pool{2, with};
  pool.worker(0, false);
  pool.worker(1, false);
  pool.outsider(2);
  return pool;
}

pool_model jobs_from_two(mutation with) {
  pool_model pool{2, with};
  pool.worker(0, true);
  pool.worker(1, true);
  pool.outsider(1);
  pool.outsider(1);
  return pool;
}

/// A handler that does not end has made two jobs ready; two workers are there to take them.
pool_model jobs_behind_a_long_handler(mutation with) {
  pool_model pool{3, with};
  pool.busy_worker(0, 2);
  pool.worker(1, true);
  pool.worker(2, true);
  return pool;
}

/// Of three jobs the one worker takes two, one of them into its ring, and is kept by the other.
pool_model a_share_in_a_ring(mutation with) {
  pool_model pool{2, with};
  pool.worker(0, true);
  pool.worker(1, false);
  pool.outsider(3);
  return pool;
}

/// One job is for a certain worker, who is then kept by it.
pool_model a_job_for_one_worker(mutation with) {
  pool_model pool{2, with};
  pool.worker(0, true);
  pool.worker(1, true);
  pool.outsider_for(0);
  pool.outsider(1);
  return pool;
}

pool_model a_stop(mutation with) {
  pool_model pool{2, with};
  pool.worker(0, false);
  pool.worker(1, false);
  pool.outsider(1);
  pool.stopper();
  return pool;
}

} // namespace

TEST_CASE("no interleaving of the sleeping protocol leaves a sleeper beside a job that it may run") {
  const auto [name, make] =
      GENERATE(table<const char*, setting>({{"jobs_from_one", jobs_from_one},
                                            {"jobs_from_two", jobs_from_two},
                                            {"jobs_behind_a_long_handler", jobs_behind_a_long_handler},
                                            {"a_job_for_one_worker", a_job_for_one_worker},
                                            {"a_share_in_a_ring", a_share_in_a_ring},
                                            {"a_stop", a_stop}}));
  const auto found = make({}).explore();
  INFO(name << ", " << found.states << " states\n" << found.trace);
  CHECK(found.whole);
  CHECK(found.trace.empty());
}

TEST_CASE("the sleeping protocol without one of its parts is found to lose a wake-up") {
  const auto [name, with, make] = GENERATE(table<const char*, mutation, setting>({
      {"no fence after a push", {.fence_after_push = false}, jobs_from_one},
      {"no fence before sleep", {.fence_before_sleep = false}, jobs_from_one},
      {"no look before sleep", {.look_before_sleep = false}, jobs_from_one},
      {"no look at others' rings", {.look_everywhere = false}, jobs_behind_a_long_handler},
      {"no fence after a search", {.fence_after_search = false}, a_share_in_a_ring},
      {"no look after a move", {.look_after_move = false}, a_share_in_a_ring},
      {"a search counted before the wake-up", {.wake_before_count = false}, a_job_for_one_worker},
  }));
  const auto found = make(with).explore();
  INFO(name << ", " << found.states << " states");
  CHECK_FALSE(found.trace.empty());
}

namespace {

/// A worker wakes up while the night watch goes to sleep. True when the watch may sleep on.
bool watch_may_oversleep(bool worker_fences, bool watch_fences) {
  explorer all;
  const int busy = all.place("busy"), asleep = all.place("asleep");
  const auto is_set = [](const registers& r) { return r.a == 1; };
  program worker("worker"), watch("watch");
  worker.store(busy, to_one);
  if (worker_fences) worker.fence();
  worker.load(&registers::a, asleep);
  worker.jump_if([](const registers& r) { return r.a == 0; }, "no need");
  worker.update(nullptr, asleep, [](small_number, const registers&) -> small_number { return 0; });
  worker.label("no need");
  watch.store(asleep, to_one);
  if (watch_fences) watch.fence();
  watch.load(&registers::a, busy);
  watch.jump_if(is_set, "stays up");
  watch.sleep_while(asleep, 1);
  watch.label("stays up");
  all.add(worker);
  all.add(watch);
  return !all.explore([](const explorer::rest& now) { return now.ended[0] && now.ended[1]; }).trace.empty();
}

} // namespace

TEST_CASE("the night watch does not sleep while a worker is up, for which both of its fences are needed") {
  CHECK_FALSE(watch_may_oversleep(true, true));
  CHECK(watch_may_oversleep(false, true));
  CHECK(watch_may_oversleep(true, false));
}
