#pragma once

#include <caf/actor_system_config.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/aout_printer.hpp"
#include "vesta/runtime/job_place.hpp"
#include "vesta/runtime/send.hpp"
#include "vesta/runtime/timer_clock.hpp"

namespace vesta::detail {

/// What CAF wants of any driven_scheduler, which `Scheduler` is derived from: its module, its clock and its
/// printer.
template <class Scheduler>
class driven_coordinator : public caf::scheduler::abstract_coordinator, public Scheduler {
public:
  explicit driven_coordinator(caf::actor_system& system) : abstract_coordinator(system) {}

  void init(caf::actor_system_config&) override {
    max_throughput_ = 64;
    num_workers_ = 1;
  }
  void start() override {
    caf::actor_config config;
    config.flags |= placement_flags(placement::efficiency());
    utility_actors_[printer_id] = system().spawn_impl<aout_printer, caf::hidden>(config);
  }
  /// All actors have ended by now, but for CAF's printer.
  void stop() override {
    caf::anon_send_exit(utility_actors_[printer_id], caf::exit_reason::user_shutdown);
    while (this->run_ready()) {
    }
    timers_.stop();
  }
  bool detaches_utility_actors() const override { return false; }
  timer_clock& clock() noexcept override { return timers_; }
  const platform::clock& time() const override { return time_; }

protected:
  /// While it is there, actors can run on this thread.
  class unit final : public caf::execution_unit {
  public:
    explicit unit(driven_coordinator& owner) : caf::execution_unit(&owner.system()), owner_(owner) {
      unit_of_this_thread = this;
    }
    ~unit() { unit_of_this_thread = nullptr; }
    void exec_later(caf::resumable* what) override { owner_.enqueue(what); }

  private:
    driven_coordinator& owner_;
  };

  platform::virtual_clock time_;
  timer_clock timers_{time_};
};

} // namespace vesta::detail
