#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vesta::platform {

/// Lets the calling thread run on these cores alone (none: wherever the process's main thread may, which
/// undoes a pin inherited from the thread that started this one) and names it (the first 15 bytes are kept).
/// False when the system refuses, or for a core that does not exist.
bool pin_this_thread(const std::vector<int>& cores, const std::string& name);

/// For a thread that Vesta starts in a program that is not its own: it runs on these cores, or wherever the
/// process may, and leaves the program's signals to the program's threads.
void settle_helper_thread(const std::string& name, const std::vector<int>& cores = {});

/// The core that the calling thread runs on at this moment.
int current_core();

/// The cores that this machine has, or may get while it runs; none where the system does not say.
std::vector<int> possible_cores();

/// Resident memory of this process, and the most it ever was, in bytes.
struct memory_use {
  std::uint64_t resident_bytes = 0, peak_bytes = 0;
};
memory_use process_memory();

} // namespace vesta::platform
