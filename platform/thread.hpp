#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vesta::platform {

/// Pins the calling thread to these cores and names it (15 characters at most are kept). False when the system refuses.
bool pin_this_thread(const std::vector<int>& cores, const std::string& name);

/// The core that the calling thread runs on at this moment.
int current_core();

/// Resident memory of this process, and the most it ever was, in bytes.
struct memory_use {
  std::uint64_t resident_bytes = 0, peak_bytes = 0;
};
memory_use process_memory();

} // namespace vesta::platform
