#include <catch2/catch.hpp>

#include "vesta/messages/prelude.hpp"
#include <caf/actor_ostream.hpp>

#include <cstdio>
#include <latch>
#include <set>
#include <thread>
#include <unistd.h>

#include "vesta/messages/placement.hpp"
#include "vesta/platform/thread.hpp"
#include "vesta/platform/topology.hpp"
#include "vesta/runtime/pinned_scheduler.hpp"

#include <caf/actor_ostream.hpp>

using namespace std::chrono_literals;
using vesta::placement;
using vesta::platform::topology;

namespace {

/// This machine's cores, with two workers on each so that sharing inside a pool is seen on two cores as well.
topology doubled_topology() {
  auto found = vesta::platform::find_topology();
  REQUIRE(found.ok());
  for (auto* cores : {&found->performance, &found->efficiency}) {
    const auto once = *cores;
    cores->insert(cores->end(), once.begin(), once.end());
  }
  return *found;
}

/// One worker a pool, on the first core of each.
topology narrow_topology() {
  auto found = vesta::platform::find_topology();
  REQUIRE(found.ok());
  return {{found->performance.front()}, {found->efficiency.front()}, "given"};
}

struct pinned_config : caf::actor_system_config {
  explicit pinned_config(topology cores) { vesta::use_pinned_scheduler(*this, {std::move(cores), 64}); }
};

/// Runs a function for each number that it is sent.
class hearer : public caf::event_based_actor {
public:
  using handler = std::function<void(hearer&, int)>;
  hearer(caf::actor_config& config, handler on_number)
      : caf::event_based_actor(config), on_number_(std::move(on_number)) {}
  caf::behavior make_behavior() override {
    return {[this](int number) { on_number_(*this, number); }};
  }

private:
  handler on_number_;
};

/// Answers nobody.
class mute : public caf::event_based_actor {
public:
  using caf::event_based_actor::event_based_actor;
  caf::behavior make_behavior() override {
    return {[this](int) { return make_response_promise(); }};
  }
};

caf::actor spawn_at(caf::actor_system& system, placement where, hearer::handler on_number) {
  caf::actor_config config;
  config.flags |= vesta::placement_flags(where);
  return system.spawn_impl<hearer, caf::no_spawn_options>(config, std::move(on_number));
}

void end_all(std::vector<caf::actor>& actors) {
  for (auto& each : actors) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
  actors.clear();
}

bool same(const vesta::scheduler_counters& a, const vesta::scheduler_counters& b) {
  return a.resumes == b.resumes && a.last_in == b.last_in && a.queued == b.queued && a.parks == b.parks &&
         a.busy_ns == b.busy_ns;
}

/// Waits until a worker sleeps: then its busy time stands still. One that has not begun has never slept.
void wait_until_parked(const vesta::pinned_scheduler& scheduler, std::size_t worker) {
  const auto counters = [&] { return scheduler.workers()[worker].counters; };
  for (auto before = counters();
       std::this_thread::sleep_for(1ms), before.parks == 0 || !same(before, counters());)
    before = counters();
}

/// The same for all of them at once.
vesta::scheduler_counters counters_at_rest(const vesta::pinned_scheduler& scheduler) {
  for (auto before = scheduler.counters();;) {
    for (std::size_t i = 0; i < scheduler.workers().size(); ++i) wait_until_parked(scheduler, i);
    const auto after = scheduler.counters();
    if (same(before, after)) return after;
    before = after;
  }
}

} // namespace

TEST_CASE("each actor's handlers run on cores of its class alone, whoever sends to it", "[concurrent]") {
  const topology cores = doubled_topology();
  const std::set<int> performance{cores.performance.begin(), cores.performance.end()};
  const std::set<int> efficiency{cores.efficiency.begin(), cores.efficiency.end()};
  struct row {
    placement where;
    std::set<int> allowed, seen;
    int handled = 0;
  };
  std::vector<row> rows;
  for (int i = 0; i < 4; ++i) {
    rows.push_back({placement::performance(), performance, {}});
    rows.push_back({placement::on_core(*efficiency.begin()), {*efficiency.begin()}, {}});
    rows.push_back({placement::efficiency(), efficiency, {}});
    rows.push_back({placement::on_core(*performance.rbegin()), {*performance.rbegin()}, {}});
  }
  constexpr int tokens = 40, hops = 500;
  std::latch done{tokens};
  {
    std::vector<caf::actor> actors;
    pinned_config config{cores};
    caf::actor_system system{config};
    for (std::size_t i = 0; i < rows.size(); ++i)
      actors.push_back(spawn_at(system, rows[i].where, [&, i](hearer& self, int hops_left) {
        rows[i].seen.insert(vesta::platform::current_core());
        ++rows[i].handled;
        if (hops_left == 0) return done.count_down();
        const std::size_t stride = 1 + static_cast<std::size_t>(hops_left) % (rows.size() - 1);
        self.send(actors[(i + stride) % rows.size()], hops_left - 1);
      }));
    for (int i = 0; i < tokens; ++i) caf::anon_send(actors[static_cast<std::size_t>(i) % rows.size()], hops);
    done.wait();
    for (const auto& w : vesta::pinned_scheduler_of(system)->workers()) CHECK(w.pinned);
    end_all(actors);
  }
  int handled = 0;
  for (const row& r : rows) {
    INFO("placed on " << to_string(r.where));
    CHECK(std::includes(r.allowed.begin(), r.allowed.end(), r.seen.begin(), r.seen.end()));
    CHECK(r.handled > 0);
    handled += r.handled;
  }
  CHECK(handled == tokens * (hops + 1));
}

TEST_CASE("an actor that may run anywhere runs where there is room", "[concurrent]") {
  const auto busy = GENERATE(placement::performance(), placement::efficiency());
  const std::size_t idle_worker = busy == placement::performance() ? 1 : 0;
  INFO("busy: " << to_string(busy));
  std::latch blocked{1}, release{1};
  std::vector<caf::actor> actors;
  pinned_config config{narrow_topology()};
  caf::actor_system system{config};
  actors.push_back(spawn_at(system, busy, [&](hearer&, int) {
    blocked.count_down();
    release.wait();
  }));
  caf::anon_send(actors[0], 0);
  blocked.wait();
  std::atomic<int> served = 0;
  for (int i = 0; i < 5; ++i) {
    wait_until_parked(*vesta::pinned_scheduler_of(system), idle_worker);
    actors.push_back(spawn_at(system, placement::any(), [&](hearer&, int) {
      ++served;
      served.notify_one();
    }));
    wait_until_parked(*vesta::pinned_scheduler_of(system), idle_worker);
    caf::anon_send(actors.back(), i);
    served.wait(i); // for ever, if the actor went to the busy pool
  }
  release.count_down();
  end_all(actors);
}

TEST_CASE("no message is lost or overtaken with four outside threads sending to both pools", "[concurrent]") {
#ifdef __SANITIZE_THREAD__ // CAF is not instrumented, and each of its seeming races takes a millisecond to
                           // suppress
  constexpr int messages = 100;
#else
  constexpr int messages = 2000;
#endif
  constexpr int senders = 4;
  const std::vector places{placement::performance(), placement::efficiency(), placement::any(),
                           placement::performance(), placement::efficiency()};
  const int total = senders * messages * static_cast<int>(places.size());
  std::latch left{total};
  std::atomic<int> overtaken = 0;
  std::vector<caf::actor> actors;
  pinned_config config{doubled_topology()};
  caf::actor_system system{config};
  for (const placement& where : places)
    actors.push_back(
        spawn_at(system, where, [&, last = std::vector<int>(senders, -1)](hearer&, int number) mutable {
          int& before = last[static_cast<std::size_t>(number / messages)];
          if (number % messages != before + 1) ++overtaken;
          before = number % messages;
          left.count_down();
        }));
  std::vector<std::thread> threads;
  for (int s = 0; s < senders; ++s)
    threads.emplace_back([&, s] {
      for (int i = 0; i < messages; ++i)
        for (auto& each : actors) caf::anon_send(each, s * messages + i);
    });
  for (auto& each : threads) each.join();
  left.wait();
  CHECK(overtaken == 0);
  end_all(actors);
}

TEST_CASE("delayed messages arrive in the order in which they are due", "[concurrent]") {
  constexpr int messages = 200;
  std::vector<int> arrived;
  std::latch left{messages};
  std::vector<caf::actor> actors;
  pinned_config config{doubled_topology()};
  caf::actor_system system{config};
  actors.push_back(spawn_at(system, placement::efficiency(), [&](hearer&, int number) {
    arrived.push_back(number);
    left.count_down();
  }));
  const auto due_from = system.clock().now() + 5ms;
  const auto schedule = [&](int number) {
    system.clock().schedule_message(due_from + number / 2 * 100us,
                                    caf::actor_cast<caf::strong_actor_ptr>(actors[0]),
                                    caf::make_mailbox_element(nullptr, caf::make_message_id(), {}, number));
  };
  SECTION("scheduled in that order, two for each moment") {
    for (int i = 0; i < messages; ++i) schedule(i);
    left.wait();
    CHECK(std::is_sorted(arrived.begin(), arrived.end()));
  }
  SECTION("scheduled in another order, some of them late") {
    for (int i = messages - 1; i >= 0; --i) schedule(i);
    left.wait();
    std::sort(arrived.begin(), arrived.end());
    for (int i = 0; i < messages; ++i) CHECK(arrived[static_cast<std::size_t>(i)] == i);
  }
  end_all(actors);
}

TEST_CASE("a request that nobody answers times out", "[concurrent]") {
  std::latch timed_out{1};
  pinned_config config{narrow_topology()};
  caf::actor_system system{config};
  const caf::actor silent = system.spawn<mute>();
  const auto asking = spawn_at(system, placement::any(), [&](hearer& self, int) {
    self.request(silent, 1ms, 1).then([](int) {}, [&](const caf::error&) { timed_out.count_down(); });
  });
  caf::anon_send(asking, 0);
  timed_out.wait();
  for (const auto& each : {silent, asking}) caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
}

TEST_CASE("two actors that keep each other ready do not starve a third one on their worker", "[concurrent]") {
  std::latch served{1};
  std::vector<caf::actor> actors;
  pinned_config config{narrow_topology()};
  caf::actor_system system{config};
  for (std::size_t i = 0; i < 2; ++i)
    actors.push_back(spawn_at(system, placement::performance(), [&, i](hearer& self, int number) {
      if (!served.try_wait()) self.send(actors[1 - i], number + 1);
    }));
  actors.push_back(spawn_at(system, placement::performance(), [&](hearer&, int) { served.count_down(); }));
  caf::anon_send(actors[0], 0);
  while (vesta::pinned_scheduler_of(system)->counters().last_in < 1000) std::this_thread::yield();
  caf::anon_send(actors[2], 0);
  served.wait();
  const auto at_rest = counters_at_rest(*vesta::pinned_scheduler_of(system));
  CHECK(at_rest.resumes == at_rest.last_in + at_rest.queued);
  end_all(actors);
}

TEST_CASE("a system with nothing to do runs nothing and wakes nobody", "[concurrent]") {
  std::latch first{1}, second{1};
  std::vector<caf::actor> actors;
  pinned_config config{doubled_topology()};
  caf::actor_system system{config};
  const auto& scheduler = *vesta::pinned_scheduler_of(system);
  actors.push_back(spawn_at(system, placement::performance(),
                            [&](hearer&, int number) { (number == 1 ? first : second).count_down(); }));
  caf::anon_send(actors[0], 1);
  first.wait();
  const auto before = counters_at_rest(scheduler);
  std::this_thread::sleep_for(50ms);
  const auto after = scheduler.counters();
  CHECK(same(before, after));
  caf::anon_send(actors[0], 2);
  second.wait();
  const auto later = counters_at_rest(scheduler);
  CHECK(later.resumes > after.resumes);
  CHECK(later.parks > after.parks);
  CHECK(later.busy_ns > after.busy_ns);
  end_all(actors);
}

TEST_CASE(
    "a system that is stopped with work in flight ends each actor that still had some, and comes up again",
    "[concurrent]") {
  const std::vector places{placement::performance(), placement::efficiency(), placement::any(),
                           placement::performance(), placement::efficiency()};
  for (int round = 0; round < 2; ++round) {
    std::atomic<int> ended = 0, handled = 0;
    {
      pinned_config config{doubled_topology()};
      caf::actor_system system{config};
      system.await_actors_before_shutdown(false);
      for (const placement& where : places) {
        auto busy = spawn_at(system, where, [&](hearer& self, int number) {
          ++handled;
          self.send(&self, number + 1);
          if (number % 100 == 0) self.delayed_send(&self, 1h, number);
        });
        busy->attach_functor([&](const caf::error& reason) {
          if (reason == caf::exit_reason::user_shutdown) ++ended;
        });
        caf::anon_send(busy, 0);
      }
      while (handled < 1000) std::this_thread::yield();
      if (round == 1) {
        std::thread other{[&] { system.scheduler().stop(); }};
        system.scheduler().stop();
        other.join();
      }
    }
    CHECK(ended == static_cast<int>(places.size()));
  }
}

TEST_CASE("what an actor sends to a system that has stopped ends the receiver instead of waiting for ever",
          "[concurrent]") {
  std::atomic<bool> ended = false;
  pinned_config config{narrow_topology()};
  caf::actor_system system{config};
  auto quiet = spawn_at(system, placement::performance(), [](hearer&, int) {});
  quiet->attach_functor([&] { ended = true; });
  counters_at_rest(*vesta::pinned_scheduler_of(system));
  system.scheduler().stop();
  caf::anon_send(quiet, 1);
  CHECK(ended);
}

TEST_CASE("a machine with one core runs both pools on it", "[concurrent]") {
  const int core = narrow_topology().performance.front();
  std::set<int> seen;
  std::latch done{1};
  {
    std::vector<caf::actor> actors;
    pinned_config config{topology{{core}, {core}, "one core for both"}};
    caf::actor_system system{config};
    const auto pass_on = [&](std::size_t to) {
      return [&, to](hearer& self, int number) {
        seen.insert(vesta::platform::current_core());
        if (number == 0) return done.count_down();
        self.send(actors[to], number - 1);
      };
    };
    actors.push_back(spawn_at(system, placement::performance(), pass_on(1)));
    actors.push_back(spawn_at(system, placement::efficiency(), pass_on(2)));
    actors.push_back(spawn_at(system, placement::on_core(core), pass_on(3)));
    actors.push_back(spawn_at(system, placement::any(), pass_on(0)));
    caf::anon_send(actors[0], 2000);
    done.wait();
    end_all(actors);
  }
  CHECK(seen == std::set{core});
}

TEST_CASE("a worker that was moved off its core goes back to it", "[concurrent]") {
  const topology cores = narrow_topology();
  if (cores.performance == cores.efficiency) return; // there is nowhere to move it
  const int home = cores.performance.front(), away = cores.efficiency.front();
  constexpr int messages = 100'000; // some 1,600 turns
  std::vector<int> seen;
  std::latch done{1};
  pinned_config config{cores};
  caf::actor_system system{config};
  std::vector<caf::actor> actors{spawn_at(system, placement::on_core(home), [&](hearer& self, int turn) {
    if (turn == 0) vesta::platform::pin_this_thread({away}, "moved"); // as Linux does when the core is gone
    seen.push_back(vesta::platform::current_core());
    if (turn == messages) return done.count_down();
    self.send(&self, turn + 1);
  })};
  caf::anon_send(actors[0], 0);
  done.wait();
  end_all(actors);
  CHECK(seen.front() == away);
  CHECK(seen.back() == home);
}

TEST_CASE("a worker whose core is not there runs all the same, and says that it is not pinned",
          "[concurrent]") {
  constexpr int absent = 1023;
  std::latch done{1};
  pinned_config config{topology{{absent}, narrow_topology().efficiency, "given"}};
  caf::actor_system system{config};
  std::vector<caf::actor> actors{spawn_at(system, placement::performance(), [&](hearer& self, int turn) {
    if (turn == 100) return done.count_down();
    self.send(&self, turn + 1);
  })};
  caf::anon_send(actors[0], 0);
  done.wait();
  end_all(actors);
  CHECK_FALSE(vesta::pinned_scheduler_of(system)->workers()[0].pinned);
}

TEST_CASE("what actors print is out before the system is gone, and no thread was made for it",
          "[concurrent]") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file);
  std::fflush(stdout);
  const int terminal = dup(STDOUT_FILENO);
  dup2(fileno(file), STDOUT_FILENO);
  std::size_t detached = 0;
  {
    pinned_config config{narrow_topology()};
    caf::actor_system system{config};
    std::vector<caf::actor> actors{spawn_at(system, placement::any(), [](hearer& self, int) {
      for (int i = 0; i < 3; ++i) caf::aout(&self) << "line " << i << "\n";
      caf::aout(&self) << "unfinished";
      self.quit();
    })};
    caf::anon_send(actors[0], 0);
    detached = system.detached_actors();
  }
  dup2(terminal, STDOUT_FILENO);
  close(terminal);
  std::rewind(file);
  char text[100] = {};
  const std::size_t size = std::fread(text, 1, sizeof text - 1, file);
  std::fclose(file);
  CHECK(std::string(text, size) == "line 0\nline 1\nline 2\nunfinished");
  CHECK(detached == 0);
}

TEST_CASE("a system with CAF's own scheduler has no pinned one", "[concurrent]") {
  caf::actor_system_config config;
  config.set("scheduler.max-threads", std::size_t{1});
  caf::actor_system system{config};
  CHECK(vesta::pinned_scheduler_of(system) == nullptr);
}

TEST_CASE("what waits behind a handler that does not come back is run by a spare, on the same core",
          "[concurrent]") {
  const auto cores = narrow_topology();
  caf::actor_system_config config;
  vesta::use_pinned_scheduler(config, {.cores = cores, .rescue_after = 10ms});
  caf::actor_system system{config};
  if (GENERATE(false, true)) std::this_thread::sleep_for(50ms); // so that the spare sleeps, too
  const int core = cores.performance.front();
  std::latch stuck{1}, freed{1}, over{2};
  std::atomic<bool> same_core = true;
  const auto end_of_it = [&](hearer&, int) {
    same_core = same_core && vesta::platform::current_core() == core;
    over.count_down();
  };
  std::vector<caf::actor> actors{
      spawn_at(system, placement::performance(), [&](hearer&, int) { stuck.count_down(), freed.wait(); }),
      spawn_at(system, placement::performance(), end_of_it),
      spawn_at(system, placement::on_core(core), end_of_it)};
  caf::anon_send(actors[0], 0);
  stuck.wait();
  caf::anon_send(actors[1], 0);
  caf::anon_send(actors[2], 0);
  over.wait(); // for ever, if nobody came to help
  CHECK(same_core);
  freed.count_down();
  end_all(actors);
}
