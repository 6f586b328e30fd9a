#include "vesta/runtime/pinned_scheduler.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/thread.hpp"
#include "vesta/runtime/aout_printer.hpp"
#include "vesta/runtime/job_place.hpp"
#include "vesta/runtime/job_pool.hpp"
#include "vesta/runtime/send.hpp"
#include "vesta/runtime/timer_clock.hpp"

namespace vesta {

namespace {

using detail::aout_printer, detail::job, detail::job_pool, detail::next_of_this_thread, detail::seat,
    detail::tally;

/// Between two looks for what waits for a worker that somebody stands in for.
constexpr std::chrono::milliseconds rescue_pause{1};

/// Turns after which a worker looks whether it still runs on its core.
constexpr std::uint64_t turns_between_looks = 1024;

class coordinator;

/// Where a job belongs.
struct target {
  job_pool* where;
  job next;
};

/// A thread pinned on one core, which runs one actor after the other.
class worker final : public caf::execution_unit, public seat {
public:
  worker(coordinator& owner, job_pool& home, platform::core_class kind, int core);

  /// From the actor that this worker runs at the moment, when its handler is over.
  void exec_later(caf::resumable* what) override;
  void run();
  void run(caf::resumable* what);
  /// What waits for this worker runs on the thread that calls this, for as long as this worker is in one and
  /// the same job. False when there was nothing.
  bool stand_in_for(worker& stuck);
  /// Jobs begun.
  std::uint64_t begun() const { return resumes_.get(); }
  bool is_busy() const { return busy_since_ns.get() != 0; }
  worker_report report() const;

  const platform::core_class kind;
  const int core;
  std::thread thread;

private:
  /// What a handler that is not over yet makes ready: others may run it, for the handler may last.
  struct sharing final : caf::execution_unit {
    explicit sharing(worker& of) : caf::execution_unit(&of.system()), owner(of) {}
    void exec_later(caf::resumable* what) override { owner.share(what); }
    worker& owner;
  };

  caf::resumable* next();
  caf::resumable* next_queued();
  void pin();
  bool is_mine(placement where) const;
  void put(const target& to);
  void share(caf::resumable* what);

  coordinator& owner_;
  job_pool& home_;
  sharing in_handler_{*this};
  const std::size_t last_in_budget_;
  std::size_t streak_ = 0;
  std::atomic<bool> pinned_ = false;
  tally<std::uint64_t> resumes_, last_in_, queued_;
};

class coordinator final : public caf::scheduler::abstract_coordinator, public pinned_scheduler {
public:
  coordinator(caf::actor_system& system, const pinned_options& options);

  void init(caf::actor_system_config& config) override;
  void start() override;
  void stop() override;
  void enqueue(caf::resumable* what) override { push(place(what, nullptr)); }
  bool detaches_utility_actors() const override { return false; }
  timer_clock& clock() noexcept override { return clock_; }
  std::vector<worker_report> workers() const override;
  std::size_t waiting() const override { return performance_.waiting() + efficiency_.waiting(); }

  /// `from` is the worker that made it ready, or null.
  target place(caf::resumable* what, const worker* from);
  void push(const target& to);
  void rouse_watch() { night_watch_.rouse(); }
  std::size_t throughput() const { return max_throughput_; }
  std::size_t last_in_budget() const { return options_.last_in_budget; }

private:
  void watch(const std::stop_token& stop);
  worker& spare(platform::core_class kind) { return *spares_[kind == platform::core_class::efficiency]; }
  job_pool& roomier(const worker* from);
  void spawn_printer();
  void end_what_waits();

  const pinned_options options_;
  job_pool performance_, efficiency_;
  std::vector<std::unique_ptr<worker>> workers_;
  std::array<std::unique_ptr<worker>, 2> spares_; ///< for each pool; all on the watching thread
  timer_clock clock_{platform::steady_clock()};
  std::thread timer_;
  detail::night_watch night_watch_;
  std::jthread watch_;
  std::once_flag stopped_;
};

/// Ends an actor that will never run again and gives up the scheduler's reference. Those whom that makes
/// ready come back through `enqueue`. (`cleanup_and_release` of CAF 0.17 leaks the reference to those.)
void end(caf::resumable* what) {
  if (auto* actor = detail::actor_of(what))
    actor->cleanup(caf::make_error(caf::exit_reason::user_shutdown), nullptr);
  caf::intrusive_ptr_release(what);
}

worker::worker(coordinator& owner, job_pool& home, platform::core_class pool_kind, int core_id)
    : caf::execution_unit(&owner.system()), kind(pool_kind), core(core_id), owner_(owner), home_(home),
      last_in_budget_(owner.last_in_budget()) {}

void worker::exec_later(caf::resumable* what) {
  if (!is_mine(detail::place_of(what))) return owner_.push(owner_.place(what, this));
  if (auto* displaced = std::exchange(next_of_this_thread, what)) share(displaced);
}

/// Whether this worker may run next what is placed so. What may run anywhere does best here, where there is
/// nothing else to do.
bool worker::is_mine(placement where) const {
  if (where.kind == placement::where::any) return !next_of_this_thread && ring.size() == 0;
  if (where.kind == placement::where::core) return where.core == core;
  return (where.kind == placement::where::performance) == (kind == platform::core_class::performance);
}

void worker::share(caf::resumable* what) { put(owner_.place(what, this)); }

void worker::put(const target& to) {
  if (to.where == &home_ && !to.next.only && core >= 0)
    home_.push_own(*this, to.next.what);
  else
    owner_.push(to);
}

inline caf::resumable* worker::next() {
  if (!next_of_this_thread || (streak_ >= last_in_budget_ && home_.something_waits(*this)))
    return next_queued();
  ++streak_;
  last_in_.add();
  return std::exchange(next_of_this_thread, nullptr);
}

caf::resumable* worker::next_queued() {
  streak_ = 0;
  if (auto* left = std::exchange(next_of_this_thread, nullptr)) share(left);
  caf::resumable* what = home_.take(*this);
  if (what) queued_.add();
  return what;
}

/// Linux takes a thread off a core that goes offline, and does not put it back: the worker does, once its
/// core is there again.
void worker::pin() {
  if (pinned_ && platform::current_core() == core) return;
  const char* name = kind == platform::core_class::performance ? "vesta.p" : "vesta.e";
  pinned_ = platform::pin_this_thread({core}, name + std::to_string(core));
}

void worker::run() {
  pin();
  system().thread_started();
  detail::unit_of_this_thread = &in_handler_;
  busy_since_ns.set(platform::steady_clock().now());
  owner_.rouse_watch();
  while (caf::resumable* what = next()) {
    if (begun() % turns_between_looks == 0) pin();
    run(what);
  }
  system().thread_terminates();
}

inline void worker::run(caf::resumable* what) {
  resumes_.add();
  // No logger context is set here: CAF's own worker pays a dynamic_cast for it each time.
  if (what->resume(this, owner_.throughput()) == caf::resumable::resume_later)
    inbox_actor::outran() ? owner_.push(owner_.place(what, this)) : share(what);
  else
    caf::intrusive_ptr_release(what);
}

bool worker::stand_in_for(worker& stuck) {
  const auto at_job = stuck.begun();
  bool found = false;
  platform::pin_this_thread({stuck.core}, "vesta.spare");
  detail::unit_of_this_thread = &in_handler_;
  while (stuck.begun() == at_job) {
    auto* what =
        next_of_this_thread ? std::exchange(next_of_this_thread, nullptr) : home_.take_waiting(*this, stuck);
    while (auto* more = ring.pop()) owner_.push({&home_, {more}}); // for all to see
    if (!what) break;
    found = true;
    run(what);
  }
  if (auto* left = std::exchange(next_of_this_thread, nullptr)) owner_.push({&home_, {left}});
  return found;
}

worker_report worker::report() const {
  const std::int64_t since = busy_since_ns.get();
  const std::int64_t running = since ? platform::steady_clock().now() - since : 0;
  return {core,
          kind,
          pinned_,
          {resumes_.get(), last_in_.get(), queued_.get(), steals.get(), parks.get(), busy_ns.get() + running,
           waiting()}};
}

coordinator::coordinator(caf::actor_system& system, const pinned_options& options)
    : abstract_coordinator(system), options_(options) {
  const auto add = [this](job_pool& where, platform::core_class kind, const std::vector<int>& cores) {
    for (int core : cores)
      where.add(*workers_.emplace_back(std::make_unique<worker>(*this, where, kind, core)));
  };
  const auto pool =
      detail::pool_options{.queues_first_every = options_.queues_first_every,
                           .spin = options_.spin,
                           .watch = options_.rescue_after.count() > 0 ? &night_watch_ : nullptr};
  performance_.configure(pool);
  efficiency_.configure(pool);
  add(performance_, platform::core_class::performance, options_.cores.performance);
  add(efficiency_, platform::core_class::efficiency, options_.cores.efficiency);
  for (const auto kind : {platform::core_class::performance, platform::core_class::efficiency}) {
    auto& home = kind == platform::core_class::performance ? performance_ : efficiency_;
    spares_[kind == platform::core_class::efficiency] = std::make_unique<worker>(*this, home, kind, -1);
  }
}

void coordinator::init(caf::actor_system_config& config) {
  max_throughput_ = caf::get_or(config, "scheduler.max-throughput", options_.throughput);
  num_workers_ = workers_.size();
}

void coordinator::start() {
  for (auto& w : workers_) w->thread = std::thread{[&w] { w->run(); }};
  timer_ = std::thread{[this] {
    platform::pin_this_thread(options_.cores.efficiency, "vesta.clock");
    system().thread_started();
    clock_.run();
    system().thread_terminates();
  }};
  if (options_.rescue_after.count() > 0)
    watch_ = std::jthread{[this](const std::stop_token& stop) { watch(stop); }};
  spawn_printer();
}

/// A worker that is in the same job at two looks has somebody stand in for it. While all sleep, so does this.
void coordinator::watch(const std::stop_token& stop) {
  platform::pin_this_thread(options_.cores.efficiency, "vesta.spare");
  system().thread_started();
  std::mutex mutex;
  std::condition_variable_any never;
  std::vector<std::uint64_t> before(workers_.size());
  auto pause = options_.rescue_after / 2;
  const std::stop_callback rouse_at_stop{stop, [this] { night_watch_.rouse(); }};
  const auto somebody_is_up = [&] {
    return stop.stop_requested() || std::ranges::any_of(workers_, [](auto& each) { return each->is_busy(); });
  };
  while (!stop.stop_requested()) {
    night_watch_.sleep_unless(somebody_is_up);
    std::unique_lock lock{mutex};
    never.wait_for(lock, stop, pause, [] { return false; });
    pause = options_.rescue_after / 2;
    for (std::size_t i = 0; i < workers_.size() && !stop.stop_requested(); ++i) {
      auto& each = *workers_[i];
      const auto begun = each.begun();
      if (std::exchange(before[i], begun) == begun && each.is_busy() && spare(each.kind).stand_in_for(each))
        pause = rescue_pause;
    }
  }
  system().thread_terminates();
}

void coordinator::spawn_printer() {
  caf::actor_config config;
  config.flags |= placement_flags(placement::efficiency());
  utility_actors_[printer_id] = system().spawn_impl<aout_printer, caf::hidden>(config);
}

void coordinator::stop() {
  std::call_once(stopped_, [this] {
    stop_actors();
    watch_ = {};
    performance_.stop();
    efficiency_.stop();
    for (auto& w : workers_) w->thread.join();
    clock_.stop();
    timer_.join();
    end_what_waits();
  });
}

void coordinator::end_what_waits() {
  do {
    for (job_pool* p : {&performance_, &efficiency_})
      while (caf::resumable* what = p->take_left()) end(what);
  } while (!performance_.close() || !efficiency_.close());
}

target coordinator::place(caf::resumable* what, const worker* from) {
  const placement wanted = detail::place_of(what);
  switch (wanted.kind) {
  case placement::where::any:
    return {&roomier(from), {what}};
  case placement::where::performance:
    return {&performance_, {what}};
  case placement::where::efficiency:
    return {&efficiency_, {what}};
  case placement::where::core:
    break;
  }
  for (auto& w : workers_)
    if (w->core == wanted.core)
      return {w->kind == platform::core_class::performance ? &performance_ : &efficiency_, {what, w.get()}};
  return {&efficiency_, {what}};
}

void coordinator::push(const target& to) {
  if (!to.where->push(to.next)) end(to.next.what);
}

/// The pool with less to do for each of its workers. Where that is even, work stays where it was made ready,
/// and what comes from outside leaves the performance cores to the frame.
job_pool& coordinator::roomier(const worker* from) {
  const bool from_performance = from && from->kind == platform::core_class::performance;
  const bool from_efficiency = from && !from_performance;
  // The worker that asks will be free when it is done.
  const int performance = (performance_.load() - from_performance) * efficiency_.size();
  const int efficiency = (efficiency_.load() - from_efficiency) * performance_.size();
  if (performance == efficiency) return from_performance ? performance_ : efficiency_;
  return performance < efficiency ? performance_ : efficiency_;
}

std::vector<worker_report> coordinator::workers() const {
  std::vector<worker_report> reports;
  for (auto& w : workers_) reports.push_back(w->report());
  return reports;
}

} // namespace

scheduler_counters pinned_scheduler::counters() const {
  scheduler_counters sum;
  for (const worker_report& w : workers()) {
    sum.resumes += w.counters.resumes;
    sum.last_in += w.counters.last_in;
    sum.queued += w.counters.queued;
    sum.steals += w.counters.steals;
    sum.parks += w.counters.parks;
    sum.busy_ns += w.counters.busy_ns;
    sum.waiting += w.counters.waiting;
  }
  return sum;
}

void use_pinned_scheduler(caf::actor_system_config& config, pinned_options options) {
  config.module_factories.push_back([options = std::move(options)](caf::actor_system& system) {
    return static_cast<caf::actor_system::module*>(new coordinator(system, options));
  });
}

pinned_scheduler* pinned_scheduler_of(caf::actor_system& system) {
  return dynamic_cast<pinned_scheduler*>(&system.scheduler());
}

} // namespace vesta
