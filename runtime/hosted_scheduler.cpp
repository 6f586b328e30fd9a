#include "vesta/runtime/hosted_scheduler.hpp"

#include <algorithm>
#include <mutex>

#include "vesta/runtime/driven_coordinator.hpp"
#include "vesta/runtime/job_queue.hpp"

namespace vesta {
namespace {

using platform::core_class;

/// The budget of who waits for an actor.
constexpr platform::nanoseconds waiting_ns = 1'000'000;
/// Smaller ones say nothing of what is too much.
constexpr platform::nanoseconds least_budget_ns = 100'000;
/// Assumed of an actor that has not run yet, nanoseconds a message.
constexpr float first_cost_ns = 1000;

/// What a message costs an actor: its last peak, forgotten slowly. More than a tick's budget is no more to a
/// tick than all of it, and would take as many ticks to forget.
float learnt(float before, float seen, platform::nanoseconds budget) {
  const auto cost = seen > before ? seen : before + (seen - before) / 16;
  return std::min(cost, static_cast<float>(std::max(budget, least_budget_ns)));
}

class coordinator final : public detail::driven_coordinator<hosted_scheduler> {
public:
  using driven_coordinator::driven_coordinator;

  void enqueue(caf::resumable* what) override;
  tick_report tick(const tick_request& wanted) override;
  tick_report run(const tick_request& wanted, platform::nanoseconds time);
  worker_report work() const override {
    return {.core = -1, .counters = {.resumes = turns_, .busy_ns = busy_ns_, .waiting = waiting()}};
  }
  bool run_ready() override { return run_for(passed()).turns > 0; }
  void run_on() override;

private:
  struct queue {
    mutable std::mutex mutex;
    detail::job_queue jobs;
  };

  platform::nanoseconds passed();
  tick_report run_for(platform::nanoseconds time);
  caf::resumable* pop(std::optional<core_class> only);
  void put_back(caf::resumable* what);
  bool turn(caf::resumable* what, platform::nanoseconds left, platform::nanoseconds budget, bool forced);
  std::size_t waiting() const;
  queue& queue_of(caf::resumable* what) { return queues_[detail::is_for_performance(what) ? 0 : 1]; }

  queue queues_[2]; ///< of the performance class, and of all else
  std::mutex time_mutex_;
  std::atomic<bool> host_keeps_time_ = false; ///< the last tick said how late it is
  platform::nanoseconds last_look_ns_ = platform::steady_clock().now();
  std::atomic<float> foreign_cost_ns_{first_cost_ns}; ///< of actors with CAF's own mailbox
  std::atomic<std::uint64_t> turns_ = 0;
  std::atomic<std::int64_t> busy_ns_ = 0;
};

void coordinator::enqueue(caf::resumable* what) {
  auto& to = queue_of(what);
  const std::lock_guard lock{to.mutex};
  to.jobs.push_back(what);
}

void coordinator::put_back(caf::resumable* what) {
  auto& to = queue_of(what);
  const std::lock_guard lock{to.mutex};
  to.jobs.push_front(what);
}

tick_report coordinator::run_for(platform::nanoseconds time) { return run({.budget = waiting_ns}, time); }

/// Where the time is the host's, none passes for who waits, as long as somebody has something to do.
void coordinator::run_on() {
  const auto time = passed();
  if (!host_keeps_time_ || run_for(0).turns == 0) run_for(time);
}

tick_report coordinator::tick(const tick_request& wanted) {
  host_keeps_time_ = wanted.advance.has_value();
  const auto time = passed();
  return run(wanted, std::max<platform::nanoseconds>(wanted.advance.value_or(time), 0));
}

caf::resumable* coordinator::pop(std::optional<core_class> only) {
  for (const auto kind : {core_class::performance, core_class::efficiency}) {
    if (only && *only != kind) continue;
    auto& from = queues_[kind == core_class::performance ? 0 : 1];
    const std::lock_guard lock{from.mutex};
    if (from.jobs.empty()) continue;
    auto* what = from.jobs.front();
    from.jobs.pop_front();
    return what;
  }
  return nullptr;
}

std::size_t coordinator::waiting() const {
  std::size_t sum = 0;
  for (const auto& each : queues_) {
    const std::lock_guard lock{each.mutex};
    sum += each.jobs.size();
  }
  return sum;
}

/// By the steady clock, since the last look at it here.
platform::nanoseconds coordinator::passed() {
  const std::lock_guard lock{time_mutex_};
  const auto now = platform::steady_clock().now();
  return now - std::exchange(last_look_ns_, now);
}

tick_report coordinator::run(const tick_request& wanted, platform::nanoseconds time) {
  auto& real = platform::steady_clock();
  const auto began = real.now();
  const auto end = began + wanted.budget;
  tick_report report;
  {
    const unit here(*this);
    time_.advance(time);
    timers_.fire_due();
    while (auto* what = pop(wanted.only)) {
      if (!turn(what, end - real.now(), wanted.budget, report.turns == 0)) break;
      ++report.turns;
    }
  }
  report.waiting = waiting();
  report.left = end - real.now();
  turns_ += report.turns;
  busy_ns_ += wanted.budget - report.left;
  if (const auto due = timers_.next_due_ns())
    report.next_timer = std::max<std::int64_t>(*due - time_.now(), 0);
  return report;
}

/// False, and the job is back in its queue, when the time that is left would not do.
bool coordinator::turn(caf::resumable* what, platform::nanoseconds left, platform::nanoseconds budget,
                       bool forced) {
  auto* actor = detail::inbox_actor_of(what);
  const auto cost = std::max(actor ? actor->message_cost_ns.load() : foreign_cost_ns_.load(), 1.0F);
  const auto affordable = static_cast<float>(left) / cost;
  if (affordable < 1 && !forced) return put_back(what), false;
  const auto most = actor ? static_cast<float>(max_throughput()) : 1; // CAF's own does not look at the clock
  const auto limit = static_cast<std::size_t>(std::clamp(affordable, 1.0F, most));
  const auto began = platform::steady_clock().now();
  inbox_actor::end_turns_at(began + std::max<platform::nanoseconds>(left, 1));
  const auto result = what->resume(detail::unit_of_this_thread, limit);
  const auto took = static_cast<float>(platform::steady_clock().now() - began);
  inbox_actor::end_turns_at(0);
  // An actor that waits for its next message may be running on another thread by now. The scheduler's
  // reference keeps it alive, and its cost is a guess that either may write.
  if (actor)
    actor->message_cost_ns =
        learnt(cost, took / static_cast<float>(std::max<std::size_t>(inbox_actor::spent(), 1)), budget);
  else
    foreign_cost_ns_ = learnt(cost, took, budget);
  result == caf::resumable::resume_later ? enqueue(what) : caf::intrusive_ptr_release(what);
  return true;
}

} // namespace

void use_hosted_scheduler(caf::actor_system_config& config) {
  config.module_factories.push_back([](caf::actor_system& system) {
    return static_cast<caf::actor_system::module*>(new coordinator(system));
  });
}

} // namespace vesta
