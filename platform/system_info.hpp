#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace vesta::platform {

/// What the kernel offers that Vesta works better with, for `vesta doctor`.
struct system_info {
  std::string kernel;                  ///< name, release and machine: "Linux 6.1.0 x86_64"
  bool pidfd = false;                  ///< waiting for a process by descriptor
  bool memfd = false;                  ///< files in memory, from which libraries are loaded
  bool idle_priority = false;          ///< SCHED_IDLE, at which builds run
  std::uint64_t watches_max = 0;       ///< directories that this user may watch; 0: unknown
  std::uint64_t watchers_max = 0;      ///< inotify instances that this user may have; 0: unknown
  std::uint64_t memory_bytes = 0;      ///< of the machine, or what the control group leaves of it
  std::uint64_t memory_free_bytes = 0; ///< of the machine, that programs can still get
  std::string temporary_folder;        ///< where builds and private copies go: $TMPDIR, or /tmp
};

system_info find_system_info();

/// What this machine calls itself; empty when the system does not say.
std::string host_name();

/// The path of the running program's file; empty when the system does not say.
std::string program_path();

/// Whether standard output is a terminal that understands colours and cursor movements.
bool output_is_terminal();
/// The rows of the terminal on standard output; 24 where it does not say.
std::size_t output_rows();

} // namespace vesta::platform
