// How soon an actor that failed works again, by each remedy.

#include <latch>
#include <memory>
#include <spdlog/spdlog.h>

#include "figures.hpp"
#include "vesta/actors/command/figures.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/journal.hpp"
#include "vesta/runtime/node.hpp"

namespace vesta::bench {
namespace {

/// Number `id`; the first attempt at one with `fails` throws.
struct work {
  std::uint64_t id = 0;
  bool fails = false;
};
VESTA_MESSAGE(work);

struct done {
  std::uint64_t incarnation = 0;
};
VESTA_MESSAGE(done);

struct worker_state {
  std::uint64_t served = 0, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0;
};
VESTA_MESSAGE(worker_state);
static_assert(sizeof(worker_state) == 64);

using worker_actor = caf::typed_actor<caf::replies_to<work>::with<done>>;

/// Lent, so that it outlives incarnations and is not rolled back.
struct failed_before {
  std::uint64_t id = 0;
  double at_ns = 0, until_ns = 0; ///< from the throw until the same message is served again
};

class worker {
public:
  using interface = worker_actor;
  explicit worker(context& self) : self_(self), failed_(self.use<failed_before>()) {}
  done on(const work& m) {
    ++state.served;
    if (m.fails) fail_once(m.id);
    return {self_.incarnation()};
  }
  worker_state state;

private:
  void fail_once(std::uint64_t id) {
    if (std::exchange(failed_.id, id) == id) {
      failed_.until_ns = now_ns();
    } else {
      failed_.at_ns = now_ns();
      throw std::runtime_error("not the first time");
    }
  }

  context& self_;
  failed_before& failed_;
};

/// A worker whose failures are cured by one remedy alone.
class patient {
public:
  patient(const platform::topology& cores, remedy by, std::size_t inbox, unsigned checkpoint_every = 1) {
    services lent;
    lent.lend(failed_);
    constexpr restart_intensity as_often_as_it_takes{1'000'000'000};
    node_ = std::make_unique<node>(
        node_options{.cores = cores},
        supervisor_spec{.name = "root",
                        .intensity = as_often_as_it_takes,
                        .actors = {spec_of<worker>({.name = "worker",
                                                    .chain = {{by}},
                                                    .repeatable = true,
                                                    .checkpoint_every = checkpoint_every,
                                                    .inbox_limit = inbox})}},
        std::move(lent));
    node_->start();
    worker_ = node_->find<worker_actor>("worker");
    self_ = std::make_unique<caf::scoped_actor>(node_->system());
  }

  /// Nanoseconds until the answer.
  absl::StatusOr<double> ask(bool fails) {
    const auto began = now_ns();
    absl::Status status;
    (*self_)
        ->request(worker_, std::chrono::seconds(10), work{++last_, fails})
        .receive([&](const done& answer) { incarnation_ = answer.incarnation; },
                 [&](const caf::error& e) { status = absl::InternalError((*self_)->system().render(e)); });
    if (!status.ok()) return status;
    return now_ns() - began;
  }
  absl::StatusOr<double> kill_and_ask() {
    const auto before = incarnation_;
    node_->kill("worker", "killed by the benchmark");
    const auto took = ask(false);
    if (took.ok() && incarnation_ == before) return absl::InternalError("the killed actor answered");
    return took;
  }
  /// How long the last failure took.
  double time_to_serve_again() const { return failed_.until_ns - failed_.at_ns; }
  void serve_later() { node_->send(worker_, work{++last_, false}); }
  void fail_later() { node_->send(worker_, work{++last_, true}); }

private:
  failed_before failed_;
  std::unique_ptr<node> node_;
  worker_actor worker_;
  std::unique_ptr<caf::scoped_actor> self_; // before the node goes
  std::uint64_t last_ = 0, incarnation_ = 0;
};

struct lap {
  std::uint64_t left = 0;
};
VESTA_MESSAGE(lap);
struct tally {
  std::uint64_t laps = 0, a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0;
};
VESTA_MESSAGE(tally);
static_assert(sizeof(tally) == 64);
using runner_actor = caf::typed_actor<caf::reacts_to<lap>>;

/// Hands what it gets to the next one, until the laps are over.
class runner {
public:
  using interface = runner_actor;
  runner(context& self, const char* next) : self_(self), next_(self.peer<runner_actor>(next)) {}
  void on(const lap& m) { count(m, laps_); }

protected:
  void count(const lap& m, tally& here) {
    ++here.laps;
    if (m.left > 0) return self_.send(next_, lap{m.left - 1});
    self_.use<std::latch>().count_down();
  }

private:
  context& self_;
  const runner_actor next_;
  tally laps_;
};

/// The same, with 64 bytes that survive any failure.
class steady_runner : public runner {
public:
  using runner::runner;
  void on(const lap& m) { count(m, state); }
  tally state;
};

/// Between two actors on one core.
template <class Runner>
double laps_per_second(const platform::topology& cores, std::uint64_t laps, unsigned checkpoint_every = 1) {
  std::latch over{1};
  services lent;
  lent.lend(over);
  const auto runner_to = [&](const char* name, const char* next) {
    return spec_of<Runner>(
        {.name = name, .where = placement::efficiency(), .checkpoint_every = checkpoint_every}, next);
  };
  node two({.cores = cores}, {.name = "root", .actors = {runner_to("a", "b"), runner_to("b", "a")}}, lent);
  two.start();
  const auto began = now_ns();
  two.send(two.find<runner_actor>("a"), lap{laps});
  over.wait();
  return static_cast<double>(laps) * 1e9 / (now_ns() - began);
}

/// A checkpoint after so many messages, and an input log between them, against neither.
void measure_checkpoints(const platform::topology& cores, std::string_view what, unsigned checkpoint_every) {
  std::vector<double> ratios;
  for (int i = 0; i < 31; ++i) {
    const auto without = laps_per_second<runner>(cores, 500'000);
    ratios.push_back(without / laps_per_second<steady_runner>(cores, 500'000, checkpoint_every));
  }
  const auto cost = (spread_of(ratios).median - 1) * 100;
  print_value(what, "5 %", fmt::format("{:.1f} %", cost), cost <= 5);
}

template <class Once>
absl::Status repeat(std::string_view what, int times, Once once, std::optional<limit> most = {}) {
  std::vector<double> values;
  for (int i = 0; i < times; ++i) {
    const auto took = once();
    if (!took.ok()) return took.status();
    values.push_back(*took);
  }
  print_row(what, spread_of(std::move(values)), most);
  return absl::OkStatus();
}

absl::Status recoveries(const platform::topology& cores, int times) {
  constexpr limit soon{statistic::p99, 5e6};
  patient killed(cores, remedy::restart, 16);
  if (auto s = repeat("question to answer, nothing fails", times, [&] { return killed.ask(false); }); !s.ok())
    return s;
  const auto kill = [&] { return killed.kill_and_ask(); };
  if (auto s = repeat("killed, to its next message answered", times, kill, soon); !s.ok()) return s;
  for (const auto by : {remedy::rollback, remedy::retry, remedy::restart}) {
    patient throwing(cores, by, 16);
    const auto what = "throws, to the same message answered: " + to_string(by);
    if (auto s = repeat(
            what, times, [&] { return throwing.ask(true); }, soon);
        !s.ok())
      return s;
  }
  return absl::OkStatus();
}

absl::Status long_rollbacks(const platform::topology& cores, int times) {
  patient throwing(cores, remedy::rollback, 2000, 1001);
  return repeat(
      "rollback over 1,000 messages, throw to served again", times,
      [&]() -> absl::StatusOr<double> {
        for (int i = 0; i < 999; ++i) throwing.serve_later();
        if (auto before = throwing.ask(false); !before.ok()) return before;
        if (auto answered = throwing.ask(true); !answered.ok()) return answered; // and then a checkpoint
        return throwing.time_to_serve_again();
      },
      limit{statistic::p99, 100e3});
}

absl::Status failures_per_second(const platform::topology& cores, int count) {
  patient throwing(cores, remedy::rollback, static_cast<std::size_t>(count) + 2);
  const auto began = now_ns();
  for (int i = 0; i < count; ++i) throwing.fail_later();
  if (const auto last = throwing.ask(false); !last.ok()) return last.status();
  const auto rate = static_cast<double>(count) * 1e9 / (now_ns() - began);
  print_value("failures a second, one actor, by rollback", "",
              command::grouped(static_cast<std::uint64_t>(rate)));
  return absl::OkStatus();
}

constexpr journal_note some_failure{.kind = journal_kind::failure,
                                    .actor = "economy",
                                    .incarnation = 3,
                                    .code = error_code::handler_failed,
                                    .text = "on tax (message 712331): there is no money left",
                                    .recovery = "rollback"};

/// Until all of `count` records are in the file; how many a second.
absl::StatusOr<double> journal_rate(journal& book, int count) {
  const auto began = now_ns();
  for (int i = 0; i < count; ++i)
    while (!book.append(some_failure)) std::this_thread::yield();
  if (auto status = book.flush(); !status.ok()) return status;
  return static_cast<double>(count) * 1e9 / (now_ns() - began);
}

/// What a record costs who writes it down, a thousand at a time, with room for them; and what the file takes.
absl::Status journal_records(int times) {
  const auto folder = platform::real_files().make_temporary_directory("vesta-bench-");
  if (!folder.ok()) return folder.status();
  absl::Status status;
  {
    auto book = journal::open(*folder + "/journal");
    if (!book.ok()) return book.status();
    constexpr int burst = 1000;
    const auto append = [&]() -> absl::StatusOr<double> {
      if (auto written = (*book)->flush(); !written.ok()) return written;
      const auto began = now_ns();
      for (int i = 0; i < burst; ++i) (*book)->append(some_failure);
      return (now_ns() - began) / burst;
    };
    status = repeat("a journal record at the call site", times, append, limit{statistic::median, 200});
    const auto rate = status.ok() ? journal_rate(**book, 1000 * times) : status;
    if (rate.ok())
      print_value("journal records a second, sustained", "",
                  command::grouped(static_cast<std::uint64_t>(*rate)));
    status = rate.status();
  }
  platform::real_files().remove(*folder).IgnoreError();
  return status;
}

absl::Status measure(int times) {
  const auto cores = platform::find_topology();
  if (!cores.ok()) return cores.status();
  if (auto status = recoveries(*cores, times); !status.ok()) return status;
  if (auto status = long_rollbacks(*cores, times); !status.ok()) return status;
  measure_checkpoints(*cores, "64 bytes: a checkpoint after each message", 1);
  measure_checkpoints(*cores, "64 bytes: an input log, a checkpoint each 1,000", 1000);
  if (auto status = journal_records(times); !status.ok()) return status;
  return failures_per_second(*cores, 20 * times);
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double times = 1000; // failures of each kind
  if (const auto status = read_options(count, values, {{"--times", &times}}); !status.ok())
    return conclude("bench_recovery", status);
  spdlog::set_level(spdlog::level::off); // failures are the point here
  print_header("bench_recovery");
  return conclude("bench_recovery", measure(static_cast<int>(times)));
}
