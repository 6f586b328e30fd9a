// What the recovery strategies take, each among many actors: from the message on which an actor fails to the
// same message served again, or to the moment when the actor is parked. And what many failures take together.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <spdlog/spdlog.h>

#include "figures.hpp"
#include "vesta/actors/command/figures.hpp"
#include "vesta/actors/recovery/recovery.hpp"
#include "vesta/actors/recovery/strategy_choice.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/thread.hpp"
#include "vesta/runtime/node.hpp"

namespace vesta::bench {
namespace {

/// The first attempt at one with `fails` throws; so do all while the actor has to do too much.
struct job {
  bool fails = false, overloads = false;
};
VESTA_MESSAGE(job);
using worker_actor = caf::typed_actor<caf::reacts_to<job>>;

struct job_count {
  std::uint64_t done = 0;
};

/// Lent: what the failures of a run are.
struct ailment {
  category kind = category::runtime;
  std::atomic<std::uint64_t> done{0};
  std::atomic<double> thrown_ns{0}, served_ns{0}; ///< the first since they were 0

  static void note(std::atomic<double>& when) {
    if (when == 0) when = now_ns();
  }
};

class worker {
public:
  using interface = worker_actor;
  explicit worker(context& self) : self_(self), ailment_(self.use<ailment>()) {}
  void on(const job& m) {
    ++state.done;
    const bool first = !std::exchange(failed_, m.fails) && m.fails && self_.incarnation() == 1;
    if (first || (m.overloads && !eased_ && self_.actor_name() != "standby")) {
      ailment::note(ailment_.thrown_ns);
      throw actor_error(error_code::handler_failed, ailment_.kind, "it fails");
    }
    failed_ = false;
    if (m.fails || m.overloads) ailment::note(ailment_.served_ns);
    ailment_.done.fetch_add(1, std::memory_order_release);
  }
  void adapt(const service_level& to) { eased_ = to != service_level{}; }
  job_count state;

private:
  context& self_;
  ailment& ailment_;
  bool failed_ = false; ///< before: not part of the state, so a rollback does not forget it
  bool eased_ = false;
};

/// Waits for cures.
class infirmary final : public supervision_listener {
public:
  void on_failure(const failure&, remedy) override {}
  void on_recovered(const recovered& what) override { note(what.by); }
  void on_escalated_to_root(const escalation&) override {}

  /// False when it took more than ten seconds.
  bool wait_for(std::uint64_t cures) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, std::chrono::seconds(10), [&] { return cures_ >= cures; });
  }
  double last_ns() const { return at_ns_; }
  remedy last_by() const { return by_; }

private:
  void note(remedy by) {
    const auto now = now_ns();
    const std::lock_guard lock{mutex_};
    ++cures_;
    by_ = by;
    at_ns_ = now;
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t cures_ = 0;
  remedy by_ = remedy::retry;
  double at_ns_ = 0;
};

struct admission {
  actor_spec like = {};
  category kind = category::runtime;
  bool asks_coordinator = true;
  unsigned restarts = 1'000'000'000; ///< before the group, and the root, give up
  bool hosted = false;
};

/// Many workers under one supervisor, beside the recovery subtree.
class hospital {
public:
  hospital(const platform::topology& cores, int workers, const admission& how) : hosted_(how.hosted) {
    ailment_.kind = how.kind;
    supervisor_spec group{.name = "group",
                          .intensity = {how.restarts},
                          .rule = group_rule::simple_one_for_one,
                          .asks_coordinator = how.asks_coordinator};
    group.actors.reserve(static_cast<std::size_t>(workers) + 1);
    for (int i = 0; i < workers; ++i) {
      auto each = how.like;
      each.name = "worker_" + std::to_string(i);
      group.actors.push_back(spec_of<worker>(std::move(each)));
    }
    group.actors.push_back(spec_of<worker>({.name = "standby"}));
    services lent;
    lent.lend(ailment_);
    supervisor_spec tree{.name = "root", .intensity = {how.restarts}};
    tree.supervisors.push_back(recovery_tree());
    tree.supervisors.push_back(std::move(group));
    node_ =
        std::make_unique<node>(node_options{.cores = cores, .listener = &infirmary_, .hosted = how.hosted},
                               std::move(tree), std::move(lent));
    for (int i = 0; i < workers; ++i)
      workers_.push_back(node_->find<worker_actor>("worker_" + std::to_string(i)));
    node_->start();
    for (std::size_t i = 0; i < workers_.size(); ++i) send(i, {});
    await_done(workers_.size()).IgnoreError(); // all have begun
  }

  void send(std::size_t to, job what) { node_->send(workers_[to], what); }
  absl::Status await_done(std::uint64_t jobs) {
    const auto began = now_ns();
    while (ailment_.done < jobs) {
      if (now_ns() - began > 60e9)
        return absl::DeadlineExceededError(
            fmt::format("{} of {} messages had an effect", ailment_.done.load(), jobs));
      if (hosted_)
        node_->tick({.budget = 1'000'000});
      else
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
    return absl::OkStatus();
  }
  std::uint64_t done() const { return ailment_.done; }
  double thrown_ns() const { return ailment_.thrown_ns; }
  double served_ns() const { return ailment_.served_ns; }
  void forget_times() { ailment_.thrown_ns = ailment_.served_ns = 0; }
  std::size_t size() const { return workers_.size(); }
  infirmary& cures() { return infirmary_; }
  node& actors() { return *node_; }

private:
  const bool hosted_;
  ailment ailment_;
  infirmary infirmary_;
  std::unique_ptr<node> node_;
  std::vector<worker_actor> workers_;
};

struct strategy_case {
  remedy by;
  admission how;
  limit most;
  job what = {.fails = true};
};

/// One failure after the other, each of another actor: from the throw until the same message is served again,
/// or, where that is not the cure, until the supervisor knows.
absl::Status one_by_one(const platform::topology& cores, const std::string& name, const strategy_case& each,
                        int workers, int times, double& worst_ns) {
  hospital many(cores, workers, each.how);
  std::mt19937_64 random(1);
  std::vector<std::size_t> order(many.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::ranges::shuffle(order, random);
  std::vector<double> took;
  for (int i = 0; i < times; ++i) {
    const auto done = many.done();
    many.forget_times();
    many.send(order[static_cast<std::size_t>(i) % order.size()], each.what);
    if (!many.cures().wait_for(static_cast<std::uint64_t>(i) + 1))
      return absl::DeadlineExceededError("a failure was not got over: " + to_string(each.by));
    if (many.cures().last_by() != each.by) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1)); // another one's cure may serve it yet
      continue;
    }
    if (each.by != remedy::isolate)
      if (auto status = many.await_done(done + 1); !status.ok()) return status;
    took.push_back(each.by == remedy::isolate ? many.cures().last_ns() - many.thrown_ns()
                                              : many.served_ns() - many.thrown_ns());
  }
  // The coordinator tries others now and then, to learn.
  if (took.size() * 10 < static_cast<std::size_t>(times) * 9)
    return absl::InternalError(fmt::format("{} cured only {} of {}, the last by {}", to_string(each.by),
                                           took.size(), times, to_string(many.cures().last_by())));
  const auto all = spread_of(std::move(took));
  worst_ns = std::max(worst_ns, all.max);
  print_row(name, all, each.most);
  return absl::OkStatus();
}

absl::Status strategies(const platform::topology& cores, int workers, int times) {
  constexpr limit in_place{statistic::p99, 100e3}, anew{statistic::p99, 1e6}, others{statistic::p99, 5e6};
  const std::vector<chain_step> none = {{remedy::isolate}};
  const job overload{.overloads = true};
  const strategy_case all[] = {
      {remedy::retry, {{.chain = {{remedy::retry, 2}}, .repeatable = true}, category::io}, in_place},
      {remedy::rollback, {}, in_place},
      {remedy::restart, {{.chain = none}, category::configuration}, anew},
      {remedy::fallback, {{.chain = none, .standby = "standby"}, category::io}, others, overload},
      {remedy::scale_down, {{.chain = none, .least_load = 0.5}, category::performance}, others, overload},
      {remedy::degrade, {{.chain = none, .features = {"all"}}, category::performance}, others, overload},
      {remedy::isolate, {.like = {.chain = none}, .asks_coordinator = false}, others},
  };
  const strategy_case to_the_root{
      remedy::isolate,
      {.like = {.chain = {{remedy::restart}}}, .asks_coordinator = false, .restarts = 0},
      others};
  double worst = 0;
  fmt::print("among {} actors, one failure at a time; restart to degrade by way of the coordinator\n",
             command::grouped(static_cast<std::uint64_t>(workers)));
  for (const auto& each : all)
    if (auto status = one_by_one(cores, to_string(each.by), each, workers, times, worst); !status.ok())
      return status;
  if (auto status = one_by_one(cores, "escalate to the root", to_the_root, workers, times, worst);
      !status.ok())
    return status;
  print_value("the worst of all", "50 ms", duration(worst), worst <= 50e6);
  return absl::OkStatus();
}

/// What the coordinator computes for one case.
void measure_choice() {
  std::vector<strategy_info> known;
  for (const auto by : {remedy::retry, remedy::rollback, remedy::fallback, remedy::scale_down,
                        remedy::degrade, remedy::restart, remedy::isolate, remedy::escalate})
    known.push_back({.name = to_string(by), .by = by});
  strategy_record learnt;
  for (auto& kind : learnt.by_category)
    for (auto& each : kind) each = {100, 50, 1000};
  recovery_case what;
  for (std::size_t i = 0; i < remedy_count; ++i) what.able.add(static_cast<remedy>(i));
  std::vector<double> took;
  for (int i = 0; i < 100'000; ++i) {
    what.cause.kind = static_cast<category>(i % categories);
    const auto began = now_ns();
    const auto chosen = choose(known, by_rule(known, what), 0, classify(what.cause), learnt);
    took.push_back(now_ns() - began);
    if (!chosen) return;
  }
  print_row("classification and choice", spread_of(std::move(took)), limit{statistic::p99, 20e3});
}

/// The subtree alone, and then all else.
absl::Status stop(hospital& many) {
  const auto began = now_ns();
  if (auto status = many.actors().stop_child("group"); !status.ok()) return status;
  const auto subtree = now_ns() - began;
  many.actors().stop();
  print_value("stop of their subtree", "50 ms", duration(subtree), subtree <= 50e6);
  print_value("and of the node, all its memory given back", "", duration(now_ns() - began));
  return absl::OkStatus();
}

/// As many more come at run time, each gets a message, and all are removed again.
absl::Status comers_and_goers(const platform::topology& cores, int count) {
  constexpr int at_once = 10'000;
  hospital home(cores, 1, {});
  const auto before = platform::process_memory().resident_bytes;
  const auto began = now_ns();
  for (int first = 0; first < count; first += at_once) {
    std::vector<actor_spec> more;
    for (int i = first; i < std::min(first + at_once, count); ++i)
      more.push_back(spec_of<worker>({.name = "late_" + std::to_string(i)}));
    if (auto status = home.actors().add("group", std::move(more)); !status.ok()) return status;
  }
  const auto added = now_ns();
  for (const auto& each : home.actors().actors().entries())
    if (each->name().starts_with("late_"))
      home.actors().send(caf::actor_cast<worker_actor>(each->address), job{});
  if (auto status = home.await_done(static_cast<std::uint64_t>(count) + 1); !status.ok()) return status;
  const auto bytes = platform::process_memory().resident_bytes - before;
  const auto served = now_ns();
  change_children order{.what = change_children::kind::remove};
  for (int i = 0; i < count; ++i) order.names.push_back("late_" + std::to_string(i));
  if (auto status = home.actors().change("group", std::move(order)); !status.ok()) return status;
  const auto each = [&](double ns) { return duration(ns / count); };
  print_value(
      fmt::format("{} children added at run time, each", command::grouped(static_cast<std::uint64_t>(count))),
      "", each(added - began));
  print_value("and removed, each", "", each(now_ns() - served));
  print_value("and their memory, each", "", fmt::format("{} B", bytes / static_cast<std::uint64_t>(count)));
  return absl::OkStatus();
}

/// One actor that is restarted over and over: its memory, and who knows it.
absl::Status restarts(const platform::topology& cores, int count) {
  hospital one(cores, 1, {.like = {.chain = {{remedy::restart}}}, .asks_coordinator = false});
  const auto restart = [&](int first, int last) {
    for (int i = first; i < last; ++i) {
      one.actors().kill("worker_0", "again");
      if (!one.cures().wait_for(static_cast<std::uint64_t>(i) + 1)) return false;
    }
    return true;
  };
  const auto memory = [] { return static_cast<double>(platform::process_memory().resident_bytes); };
  const int warm = count / 100;
  if (!restart(0, warm)) return absl::DeadlineExceededError("a restart did not happen");
  const auto before = memory();
  if (!restart(warm, count)) return absl::DeadlineExceededError("a restart did not happen");
  const auto grown = 100 * (memory() / before - 1);
  const auto done = one.done();
  one.send(0, {}); // by the first handle
  if (auto status = one.await_done(done + 1); !status.ok()) return status;
  print_value(
      fmt::format("{} restarts of one actor: memory", command::grouped(static_cast<std::uint64_t>(count))),
      "+1 %", fmt::format("{:+.2f} %", grown), grown <= 1);
  return absl::OkStatus();
}

/// Half of all fail in one moment.
absl::Status storm(const platform::topology& cores, int workers) {
  hospital many(cores, workers, {});
  const auto before = many.done();
  const auto began = now_ns();
  for (std::size_t i = 0; i < many.size(); i += 2) many.send(i, {.fails = true});
  if (auto status = many.await_done(before + (many.size() + 1) / 2); !status.ok()) return status;
  const auto took = now_ns() - began;
  print_value("half of them fail at once: all are back after", "2 s", duration(took), took <= 2e9);
  return stop(many);
}

/// The same in a game's loop that gives its actors 8 ms of each frame: how long the frames take.
absl::Status storm_in_frames(const platform::topology& cores, int workers) {
  constexpr double frame_ns = 1e9 / 60;
  hospital many(cores, workers, {.hosted = true});
  const auto wanted = many.done() + (many.size() + 1) / 2;
  const auto began = now_ns();
  std::vector<double> frames;
  while (many.done() < wanted && frames.size() < 600) {
    const auto frame = now_ns();
    for (std::size_t i = 0; frames.empty() && i < many.size(); i += 2) many.send(i, {.fails = true});
    many.actors().tick({.budget = std::max<std::int64_t>(
                            8'000'000 - static_cast<std::int64_t>(now_ns() - frame), 1'000'000)});
    frames.push_back(now_ns() - frame);
    std::this_thread::sleep_for(std::chrono::nanoseconds(static_cast<std::int64_t>(
        std::max(frame_ns * static_cast<double>(frames.size()) - (now_ns() - began), 0.0))));
  }
  const auto took = now_ns() - began;
  print_row("the same in a hosted loop, 8 ms of each frame", spread_of(std::move(frames)),
            limit{statistic::max, 16.7e6});
  print_value("all are back after", "2 s", duration(took), took <= 2e9 && many.done() >= wanted);
  return absl::OkStatus();
}

/// One message in a hundred fails the first time.
absl::Status nothing_lost(const platform::topology& cores, int workers, std::uint64_t messages) {
  hospital many(cores, workers, {.like = {.inbox_limit = 1 << 20}});
  const auto before = many.done();
  const auto began = now_ns();
  std::uint64_t failures = 0;
  for (std::uint64_t i = 0; i < messages; ++i) {
    // Paced by the receivers: what no inbox has room for would be refused.
    while (i % 4096 == 0 && before + i > many.done() + (1 << 20)) std::this_thread::yield();
    failures += i % 100 == 99;
    many.send(i % many.size(), {.fails = i % 100 == 99});
  }
  if (auto status = many.await_done(before + messages); !status.ok()) return status;
  const auto seconds = (now_ns() - began) * 1e-9;
  std::this_thread::sleep_for(std::chrono::milliseconds(100)); // a second effect would come now
  const auto lost = static_cast<std::int64_t>(before + messages) - static_cast<std::int64_t>(many.done());
  print_value(fmt::format("{} messages, {} failures", command::grouped(messages), command::grouped(failures)),
              "0 lost", fmt::format("{} lost in {:.1f} s", lost, seconds), lost == 0);
  return absl::OkStatus();
}

/// All fail again and again, each message once.
absl::Status failures_a_second(const platform::topology& cores, int workers, int rounds) {
  hospital many(cores, workers, {.like = {.inbox_limit = 1 << 20}});
  const auto before = many.done();
  const auto began = now_ns();
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < many.size(); ++i) many.send(i, {.fails = true});
  const auto count = many.size() * static_cast<std::size_t>(rounds);
  if (auto status = many.await_done(before + count); !status.ok()) return status;
  const auto rate = static_cast<double>(count) * 1e9 / (now_ns() - began);
  print_value("failures a second, by rollback", "500,000", command::grouped(static_cast<std::uint64_t>(rate)),
              rate >= 500'000);
  return absl::OkStatus();
}

absl::Status measure(int workers, int times) {
  const auto cores = platform::find_topology();
  if (!cores.ok()) return cores.status();
  if (auto status = strategies(*cores, workers, times); !status.ok()) return status;
  measure_choice();
  if (auto status = storm(*cores, workers); !status.ok()) return status;
  if (auto status = storm_in_frames(*cores, workers); !status.ok()) return status;
  if (auto status = failures_a_second(*cores, workers, 5); !status.ok()) return status;
  if (auto status = restarts(*cores, times * 500); !status.ok()) return status;
  if (auto status = comers_and_goers(*cores, workers * 10); !status.ok()) return status;
  return nothing_lost(*cores, workers, 10'000'000);
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double workers = 100'000, times = 2000;
  if (const auto status = read_options(count, values, {{"--actors", &workers}, {"--times", &times}});
      !status.ok())
    return conclude("bench_strategies", status);
  spdlog::set_level(spdlog::level::off); // failures are the point here
  print_header("bench_strategies");
  return conclude("bench_strategies", measure(static_cast<int>(workers), static_cast<int>(times)));
}
