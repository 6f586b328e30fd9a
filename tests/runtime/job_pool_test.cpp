#include "vesta/runtime/job_pool.hpp"

#include <caf/resumable.hpp>
#include <catch2/catch.hpp>

#include <chrono>
#include <functional>
#include <thread>

using vesta::detail::job_pool;
using vesta::detail::seat;

namespace {

#ifdef __SANITIZE_THREAD__
constexpr int slower = 20;
#else
constexpr int slower = 1;
#endif

/// A job that is a function. The test owns it.
class task final : public caf::resumable {
public:
  using action = std::function<void(seat&)>;
  explicit task(action what = {}) : what_(std::move(what)) {}

  void run(seat& here) {
    ++runs;
    if (what_) what_(here);
  }
  subtype_t subtype() const override { return unspecified; }
  resume_result resume(caf::execution_unit*, std::size_t) override { return done; }
  void intrusive_ptr_add_ref_impl() override {}
  void intrusive_ptr_release_impl() override {}

  std::atomic<int> runs = 0;

private:
  action what_;
};

/// A pool with its workers at work.
class crew {
public:
  explicit crew(std::size_t size) : seats_(std::make_unique<seat[]>(size)), size_(size) {
    for (std::size_t i = 0; i < size; ++i) pool.add(seats_[i]);
    for (std::size_t i = 0; i < size; ++i)
      threads_.emplace_back([this, &here = seats_[i]] {
        while (auto* what = pool.take(here)) static_cast<task*>(what)->run(here);
      });
  }
  ~crew() { stop(); }

  void stop() {
    pool.stop();
    for (auto& each : threads_)
      if (each.joinable()) each.join();
  }
  seat& worker(std::size_t i) { return seats_[i % size_]; }

  job_pool pool;

private:
  const std::unique_ptr<seat[]> seats_;
  const std::size_t size_;
  std::vector<std::thread> threads_;
};

/// Whether it does; a wake-up that is lost would take for ever.
template <class Condition>
bool comes_true(Condition holds) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (int looks = 1; !holds(); ++looks) {
    if (looks % 1024 == 0 && std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

} // namespace

TEST_CASE("a job that comes into a sleeping pool runs, a hundred thousand times from each of two threads",
          "[concurrent]") {
  constexpr int rounds = 100'000 / slower;
  crew all{3};
  std::atomic<int> lost = 0;
  const auto play = [&](bool for_one_worker) {
    task ball;
    for (int i = 1; i <= rounds && lost == 0; ++i) {
      const auto number = static_cast<std::size_t>(i);
      if (!all.pool.push({&ball, for_one_worker ? &all.worker(number) : nullptr})) ++lost;
      if (!comes_true([&] { return ball.runs == i; })) ++lost;
    }
  };
  std::thread other{play, true};
  play(false);
  other.join();
  CHECK(lost == 0);
}

TEST_CASE("what a long handler has made ready runs beside it, each time that another worker sleeps",
          "[concurrent]") {
  constexpr int rounds = 40'000 / slower;
  crew all{3};
  std::atomic<int> begun = 0, ended = 0, lost = 0;
  const auto all_three_run = [&](seat&) {
    ++begun;
    if (!comes_true([&] { return begun % 3 == 0 || lost > 0; })) ++lost;
    ++ended;
  };
  task first{all_three_run}, second{all_three_run};
  task long_one{[&](seat& here) {
    all.pool.push_own(here, &first);
    all.pool.push_own(here, &second);
    all_three_run(here);
  }};
  for (int i = 1; i <= rounds && lost == 0; ++i) {
    REQUIRE(all.pool.push({&long_one}));
    if (!comes_true([&] { return ended == 3 * i; })) ++lost;
  }
  CHECK(lost == 0);
}

TEST_CASE("a million jobs from outside, from other jobs and for one worker alone run once each",
          "[concurrent]") {
  constexpr std::size_t from_outside = 100'000 / slower, children = 4, threads = 2;
  crew all{3};
  std::vector<task> born(threads * from_outside * children);
  std::vector<std::unique_ptr<task>> parents;
  for (std::size_t i = 0; i < threads * from_outside; ++i)
    parents.push_back(std::make_unique<task>([&, i](seat& here) {
      for (std::size_t c = 0; c < children; ++c) all.pool.push_own(here, &born[i * children + c]);
    }));
  std::vector<std::thread> outside;
  std::atomic<int> refused = 0;
  for (std::size_t t = 0; t < threads; ++t)
    outside.emplace_back([&, t] {
      for (std::size_t i = t; i < parents.size(); i += threads)
        refused += !all.pool.push({parents[i].get(), i % 7 == 0 ? &all.worker(i) : nullptr});
    });
  for (auto& each : outside) each.join();
  CHECK(refused == 0);
  const auto once = [](const task& each) { return each.runs == 1; };
  CHECK(comes_true([&] { return std::ranges::all_of(born, once); }));
  all.stop();
  CHECK(std::ranges::all_of(born, once));
  CHECK(std::ranges::all_of(parents, [&](const auto& each) { return once(*each); }));
}

TEST_CASE(
    "a pool that two threads stop amid its work runs or gives back each job that it took, and then takes "
    "none",
    "[concurrent]") {
  for (int round = 0; round < 200 / slower; ++round) {
    constexpr std::size_t jobs = 2'000;
    crew all{2};
    std::vector<task> work(jobs);
    std::atomic<std::size_t> pushed = 0;
    std::thread outside{[&] {
      for (auto& each : work) {
        if (!all.pool.push({&each, pushed % 3 == 0 ? &all.worker(pushed) : nullptr})) break;
        ++pushed;
      }
    }};
    REQUIRE(comes_true([&] { return pushed > jobs / 4; }));
    std::thread stopper{[&] { all.pool.stop(); }};
    all.stop();
    stopper.join();
    outside.join();
    if (pushed > 0 && work.back().runs == 0) CHECK_FALSE(all.pool.close());
    while (auto* left = all.pool.take_left()) static_cast<task*>(left)->run(all.worker(0));
    CHECK(all.pool.close());
    CHECK(pushed == jobs);
    REQUIRE(std::ranges::all_of(work, [](const task& each) { return each.runs == 1; }));
    task late;
    CHECK_FALSE(all.pool.push({&late}));
  }
}
