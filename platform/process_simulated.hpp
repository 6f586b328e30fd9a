#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/process.hpp"

namespace vesta::platform {

/// What a simulated program does with one set of arguments.
struct simulated_run {
  process_result result;    ///< its times are filled in by the launcher
  nanoseconds takes_ns = 0; ///< from start to end; cut short by the spec's timeout
  std::function<void()>
      effect; ///< what it leaves behind when it ends by itself, such as an object file; may be empty
};

/// Programs whose answers are given beforehand. Nothing happens by itself: `deliver()` is the passing of
/// time. Thread-safe.
class simulated_processes final : public process_launcher {
public:
  using program = std::function<simulated_run(const process_spec&)>;

  /// `time` says when a run is over, and outlives this.
  explicit simulated_processes(const clock& time) : time_(time) {}

  /// From now on there is a program of this name; `answer` decides on each start, from the spec, what will
  /// come of it.
  void add_program(const std::string& name, program answer);
  /// Ends all runs that are over or cancelled by now, the earliest end first, and returns how many. The
  /// callbacks run here, on the calling thread; what they start waits for the next call.
  std::size_t deliver();
  /// When the next run is over, if one is running.
  std::optional<nanoseconds> next_end() const;

  absl::StatusOr<std::unique_ptr<process>> start(const process_spec& spec, callback on_end) override;
  absl::StatusOr<std::string> find_program(const std::string& name) const override;

private:
  class simulated_process;
  struct run {
    simulated_run what;
    callback on_end;
    nanoseconds ends_ns;
  };

  void cancel(std::uint64_t id);

  const clock& time_;
  mutable std::mutex mutex_; ///< guards all below
  std::map<std::string, program> programs_;
  std::map<std::uint64_t, run> running_; ///< in the order of their starts
  std::uint64_t last_run_ = 0;
};

} // namespace vesta::platform
