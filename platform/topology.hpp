#pragma once

#include <absl/status/statusor.h>
#include <string>
#include <vector>

namespace vesta::platform {

enum class core_class : unsigned char { performance, efficiency };

/// Which cores this process may use, and what each is for.
struct topology {
  std::vector<int> performance; ///< ids as the operating system numbers them, ascending
  std::vector<int> efficiency;  ///< the same; shares its cores with performance on a one-core machine alone
  std::string origin; ///< how it was found: "CPU kinds", "given", "split of equal cores", "one core for both"
};

/// "0", "0,2-5": core ids, ascending and without repeats; kInvalidArgument names what is wrong.
absl::StatusOr<std::vector<int>> parse_core_list(const std::string& text);

/// hwloc's CPU kinds where cores differ (the most powerful kind is performance); otherwise the first half,
/// rounded up, of the physical cores with all their hardware threads. Either list may be given by hand
/// (empty: not given); then the other one is what is left. kInvalidArgument for a core that does not exist or
/// is not this process's to use (the sentence lists those that are), and on a machine of several cores for
/// one in both lists or for a class left without. A core is this process's to use when any of its threads may
/// run there now: call it before all threads are pinned.
absl::StatusOr<topology> find_topology(const std::vector<int>& performance = {},
                                       const std::vector<int>& efficiency = {});

} // namespace vesta::platform
