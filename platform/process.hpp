#pragma once

#include <absl/status/statusor.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace vesta::platform {

struct process_spec {
  /// The first is the program: looked up on PATH, or with a slash in it, from `directory`.
  std::vector<std::string> arguments;
  std::string directory; ///< working directory; empty: the caller's
  /// Its TMPDIR, so that one that is killed leaves its scratch files there; empty: the caller's.
  std::string temporary_directory;
  std::vector<int> cores;      ///< may run on these alone; empty: where this process's main thread may
  bool idle_priority = true;   ///< SCHED_IDLE: takes only time that nobody else wants
  std::int64_t timeout_ns = 0; ///< killed after this; 0: never
  /// Of stdout and stderr together. The rest is read and dropped, and a last line says so.
  std::size_t output_limit_bytes = 4 << 20;
};

struct process_result {
  int exit_status = 0; ///< -1 when a signal ended it; 127 when the system would not run it: see `output`
  int signal = 0;      ///< that ended it, or 0
  bool timed_out = false;
  bool cancelled = false;
  std::string output;                        ///< stdout and stderr in the order written
  std::int64_t started_ns = 0, ended_ns = 0; ///< on the steady clock
};

/// Programs run beside the game, with this process's environment and nothing to read on stdin. The callback
/// runs once for each started process, on the launcher's own thread, and must not block: it sends a message.
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
  /// Returns at once; the process begins a moment later. kNotFound when there is no such program (the
  /// sentence names it and where it was looked for) or directory, kInvalidArgument for a spec without
  /// arguments.
  virtual absl::StatusOr<std::unique_ptr<process>> start(const process_spec& spec, callback on_end) = 0;
  /// The full path of a program on PATH, or kNotFound.
  virtual absl::StatusOr<std::string> find_program(const std::string& name) const = 0;
};

/// posix_spawn, one process group a process, output always drained (a full pipe never blocks the child). One
/// thread serves all processes; what still runs when the program exits is killed.
process_launcher& real_processes();

/// This process's number, and whether there is a process of that number.
int this_process();
bool process_exists(int pid);

} // namespace vesta::platform
