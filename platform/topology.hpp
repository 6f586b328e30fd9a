#pragma once

#include <absl/status/statusor.h>
#include <string>
#include <vector>

namespace vesta::platform {

enum class core_class : unsigned char { performance, efficiency };

struct core {
  int id = 0;                      ///< as the operating system numbers it
  core_class kind = core_class::performance;
};

/// Which cores this process may use, and what each is for.
struct topology {
  std::vector<int> performance; ///< ids, ascending
  std::vector<int> efficiency;  ///< ids, ascending; shares its cores with performance only on a one-core machine
  std::string origin;           ///< how it was found: "CPU kinds", "given", "split of equal cores", "one core for both"
};

/// "0", "0,2-5": core ids, ascending and without repeats; kInvalidArgument names what is wrong.
absl::StatusOr<std::vector<int>> parse_core_list(const std::string& text);

/// hwloc's CPU kinds where cores differ; otherwise the first half (rounded up) is performance. Either list may be given by
/// hand (empty: not given); then the other one is what is left. kInvalidArgument for a core that does not exist or is not
/// this process's to use (the sentence lists those that are), or for one in both lists on a machine of several cores.
absl::StatusOr<topology> find_topology(const std::vector<int>& performance = {}, const std::vector<int>& efficiency = {});

} // namespace vesta::platform
