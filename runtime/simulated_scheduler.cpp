#include "vesta/runtime/simulated_scheduler.hpp"

#include <algorithm>
#include <vector>

#include "vesta/platform/random.hpp"
#include "vesta/runtime/driven_coordinator.hpp"

namespace vesta {
namespace {

/// That an actor handles before another one may have its turn.
constexpr std::uint64_t most_messages = 4;
/// Of so many turns, one begins with the timers that are due by then: those with no delay at all.
constexpr std::uint64_t turns_a_look = 4;

class simulator final : public detail::driven_coordinator<simulated_scheduler> {
public:
  simulator(caf::actor_system& system, std::uint64_t seed)
      : driven_coordinator(system), dice_(seed, "scheduler", "order") {}

  void enqueue(caf::resumable* what) override { ready_.push_back(what); }
  bool run_ready() override;
  void run_on() override;
  simulated_run run(const run_limits& until) override;
  worker_report work() const override {
    return {.core = -1, .counters = {.resumes = turns_, .waiting = ready_.size()}};
  }

private:
  bool step();
  bool jump(platform::nanoseconds most);
  caf::resumable* draw();
  void turn(caf::resumable* what);
  void note(std::uint64_t what);
  void note(const envelope* message);

  platform::random_stream dice_;
  std::vector<caf::resumable*> ready_;
  std::uint64_t turns_ = 0, trace_ = 0;
};

bool simulator::run_ready() {
  const unit here(*this);
  return step();
}

void simulator::run_on() {
  if (!run_ready()) jump(std::numeric_limits<platform::nanoseconds>::max());
}

simulated_run simulator::run(const run_limits& until) {
  const unit here(*this);
  const auto began = time_.now();
  const auto time = std::max<platform::nanoseconds>(until.time, 0);
  const auto left = [&] { return time - (time_.now() - began); };
  simulated_run report;
  while (!report.idle && report.turns < until.turns) {
    if (step()) {
      ++report.turns;
    } else if (!jump(left())) {
      time_.advance(left());
      report.idle = true;
    }
  }
  report.passed = time_.now() - began;
  report.trace = trace_;
  return report;
}

/// One turn. False when nobody is ready.
bool simulator::step() {
  if (ready_.empty() || dice_.below(turns_a_look) == 0) timers_.fire_due(&dice_);
  if (ready_.empty()) return false;
  turn(draw());
  return true;
}

/// To the next timer. False when it is farther away.
bool simulator::jump(platform::nanoseconds most) {
  const auto due = timers_.next_due_ns();
  if (!due || *due - time_.now() > most) return false;
  time_.advance(std::max<platform::nanoseconds>(*due - time_.now(), 0));
  return true;
}

caf::resumable* simulator::draw() {
  std::swap(ready_[dice_.below(ready_.size())], ready_.back());
  auto* drawn = ready_.back();
  ready_.pop_back();
  return drawn;
}

void simulator::turn(caf::resumable* what) {
  auto* any = detail::actor_of(what);
  note(turns_++);
  note(static_cast<std::uint64_t>(time_.now()));
  note(any ? any->id() : 0);
  const auto messages = 1 + dice_.below(most_messages);
  auto* actor = detail::inbox_actor_of(what);
  auto result = caf::resumable::resume_later;
  if (!actor) result = what->resume(detail::unit_of_this_thread, messages);
  for (auto left = messages; actor && left > 0 && result == caf::resumable::resume_later; --left) {
    note(actor->peek());
    result = actor->resume(detail::unit_of_this_thread, 1);
  }
  result == caf::resumable::resume_later ? enqueue(what) : caf::intrusive_ptr_release(what);
}

void simulator::note(std::uint64_t what) {
  trace_ = (trace_ ^ what) * 0x9E3779B97F4A7C15;
  trace_ ^= trace_ >> 32;
}

/// By its name: addresses differ from run to run.
void simulator::note(const envelope* message) {
  const char* name = !message ? "" : message->type ? message->type->name : "foreign";
  for (; *name; ++name) note(static_cast<unsigned char>(*name));
}

} // namespace

void use_simulated_scheduler(caf::actor_system_config& config, std::uint64_t seed) {
  config.module_factories.push_back([seed](caf::actor_system& system) {
    return static_cast<caf::actor_system::module*>(new simulator(system, seed));
  });
}

} // namespace vesta
