#include "vesta/runtime/pinned_scheduler.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scheduled_actor.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <atomic>
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

using detail::aout_printer, detail::job, detail::job_pool, detail::seat, detail::tally;

/// Jobs that a worker takes from its last-in slot before it looks into the queues.
constexpr int last_in_max = 64;

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

  /// From the actor that this worker runs at the moment.
  void exec_later(caf::resumable* what) override;
  void run();
  worker_report report() const;

  const platform::core_class kind;
  const int core;
  std::thread thread;

private:
  caf::resumable* next();
  void put(const target& to);

  coordinator& owner_;
  job_pool& home_;
  job slot_; ///< the last that was made ready here
  int streak_ = 0;
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

  /// `from` is the worker that made it ready, or null.
  target place(caf::resumable* what, const worker* from);
  void push(const target& to);
  std::size_t throughput() const { return max_throughput_; }

private:
  job_pool& roomier(const worker* from);
  void spawn_printer();
  void end_what_waits();

  const pinned_options options_;
  job_pool performance_, efficiency_;
  std::vector<std::unique_ptr<worker>> workers_;
  timer_clock clock_{platform::steady_clock()};
  std::thread timer_;
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
    : caf::execution_unit(&owner.system()), kind(pool_kind), core(core_id), owner_(owner), home_(home) {}

void worker::exec_later(caf::resumable* what) {
  const auto to = owner_.place(what, this);
  if (to.where != &home_ || (to.next.only && to.next.only != this)) return owner_.push(to);
  if (const job displaced = std::exchange(slot_, to.next); displaced.what) put({&home_, displaced});
}

void worker::put(const target& to) {
  if (to.where == &home_ && !to.next.only)
    home_.push_own(*this, to.next.what);
  else
    owner_.push(to);
}

caf::resumable* worker::next() {
  if (slot_.what && (streak_ < last_in_max || !home_.something_waits(*this))) {
    ++streak_;
    last_in_.add();
    return std::exchange(slot_, {}).what;
  }
  streak_ = 0;
  if (const job left = std::exchange(slot_, {}); left.what) put({&home_, left});
  caf::resumable* what = home_.take(*this);
  if (what) queued_.add();
  return what;
}

void worker::run() {
  const char* name = kind == platform::core_class::performance ? "vesta.p" : "vesta.e";
  pinned_ = platform::pin_this_thread({core}, name + std::to_string(core));
  system().thread_started();
  detail::unit_of_this_thread = this;
  busy_since_ns.set(platform::steady_clock().now());
  while (caf::resumable* what = next()) {
    resumes_.add();
    // No logger context is set here: CAF's own worker pays a dynamic_cast for it each time.
    if (what->resume(this, owner_.throughput()) == caf::resumable::resume_later)
      put(owner_.place(what, this));
    else
      caf::intrusive_ptr_release(what);
  }
  system().thread_terminates();
}

worker_report worker::report() const {
  const std::int64_t since = busy_since_ns.get();
  const std::int64_t running = since ? platform::steady_clock().now() - since : 0;
  return {
      core,
      kind,
      pinned_,
      {resumes_.get(), last_in_.get(), queued_.get(), steals.get(), parks.get(), busy_ns.get() + running}};
}

coordinator::coordinator(caf::actor_system& system, const pinned_options& options)
    : abstract_coordinator(system), options_(options) {
  const auto add = [this](job_pool& where, platform::core_class kind, const std::vector<int>& cores) {
    for (int core : cores)
      where.add(*workers_.emplace_back(std::make_unique<worker>(*this, where, kind, core)));
  };
  add(performance_, platform::core_class::performance, options_.cores.performance);
  add(efficiency_, platform::core_class::efficiency, options_.cores.efficiency);
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
  spawn_printer();
}

void coordinator::spawn_printer() {
  caf::actor_config config;
  config.flags |= placement_flags(placement::efficiency());
  utility_actors_[printer_id] = system().spawn_impl<aout_printer, caf::hidden>(config);
}

void coordinator::stop() {
  std::call_once(stopped_, [this] {
    stop_actors();
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
