#pragma once

#include <absl/status/statusor.h>
#include <string>
#include <vector>

namespace vesta::platform {

enum class core_class : unsigned char { performance, efficiency };

/// Which cores this process may use, and what each is for.
struct topology {
  std::vector<int> performance = {}; ///< ids as the operating system numbers them, ascending
  std::vector<int> efficiency =
      {}; ///< the same; shares its cores with performance where there is one core alone
  std::string origin =
      {}; ///< how it was found: "CPU kinds", "given", "split of equal cores", "one core for both"
  std::string note = {}; ///< what a CPU quota leaves of the cores; empty where none bounds them
};

/// One core, a hardware thread as the operating system counts them, and what becomes of it.
struct core_row {
  int id = 0;
  bool performance = false, efficiency = false; ///< which pools have a worker on it
  std::string unused;        ///< why none has: "offline", "over the CPU quota"; empty where one has
  std::string kind;          ///< "IntelAtom", "capacity 446", "4800 MHz"; empty where unknown
  int rank = -1;             ///< its kind's power, 0 for the most economical kind; -1 where unknown
  std::vector<int> siblings; ///< the other hardware threads of its physical core
};

struct core_survey {
  topology chosen;
  std::vector<core_row> cores; ///< all that the machine has, ascending
};

/// "0", "0,2-5": core ids, ascending and without repeats; kInvalidArgument names what is wrong.
absl::StatusOr<std::vector<int>> parse_core_list(const std::string& text);

/// hwloc's CPU kinds where cores differ (the most powerful kind is performance); otherwise the first half,
/// rounded up, of the physical cores with all their hardware threads. Either list may be given by hand
/// (empty: not given); then the other one is what is left. kInvalidArgument for a core that does not exist or
/// is not this process's to use (the sentence lists those that are), and on a machine of several cores for
/// one in both lists or for a class left without. A core is this process's to use when it is online, the
/// container's cpuset has it, and any of the process's threads may run there now: call it before all threads
/// are pinned.
///
/// A container's CPU quota bounds how many cores are chosen, to its whole cores: more workers would spend it
/// early in each period and then all stand still. The classes shrink in proportion, to at least one core
/// each; a quota of less than two cores leaves one core for both. Lists given by hand are taken as they are.
absl::StatusOr<topology> find_topology(const std::vector<int>& performance = {},
                                       const std::vector<int>& efficiency = {});

/// The same, with what becomes of every core.
absl::StatusOr<core_survey> survey_cores(const std::vector<int>& performance = {},
                                         const std::vector<int>& efficiency = {});

/// A topology that has both lists as it is, but in order and without repeats; with kInvalidArgument for a
/// core that this machine can never have; one that lacks one or both as `find_topology` completes it, with
/// its errors.
absl::StatusOr<topology> completed(topology given);

} // namespace vesta::platform
