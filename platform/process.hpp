#pragma once

#include <absl/status/statusor.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vesta::platform {

struct process_spec {
  std::vector<std::string> arguments; ///< the first is the program, looked up on PATH when it has no slash
  std::string directory;              ///< working directory; empty: the caller's
  std::vector<int> cores;             ///< may run on these alone; empty: any
  bool idle_priority = true;          ///< SCHED_IDLE: takes only time that nobody else wants
  std::int64_t timeout_ns = 0;        ///< killed after this; 0: never
  std::size_t output_limit_bytes = 4 << 20; ///< of stdout and stderr together; the rest is read and dropped, and said so
};

struct process_result {
  int exit_status = 0;      ///< of exit(); -1 when a signal ended it
  int signal = 0;           ///< that ended it, or 0
  bool timed_out = false;
  bool cancelled = false;
  std::string output;       ///< stdout and stderr in the order written
  std::int64_t started_ns = 0, ended_ns = 0; ///< on the steady clock
};

/// Programs run beside the game. The callback runs once for each started process, on the launcher's own thread, and
/// must not block: it sends a message.
class process_launcher {
public:
  using callback = std::function<void(process_result)>;
  /// One running process; destroying the handle does not end it.
  class process {
  public:
    virtual ~process() = default;
    /// Kills the process and all that it started (its process group). Harmless after its end.
    virtual void cancel() = 0;
  };

  virtual ~process_launcher() = default;
  /// kNotFound when there is no such program (the sentence names it and where it was looked for).
  virtual absl::StatusOr<std::unique_ptr<process>> start(const process_spec& spec, callback on_end) = 0;
  /// The full path of a program on PATH, or kNotFound.
  virtual absl::StatusOr<std::string> find_program(const std::string& name) const = 0;
};

/// posix_spawn, one process group a process, output always drained (a full pipe never blocks the child).
process_launcher& real_processes();

} // namespace vesta::platform
