#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "vesta/messages/change.hpp"
#include "vesta/messages/frame.hpp"
#include "vesta/messages/lifecycle.hpp"
#include "vesta/messages/message.hpp"
#include "vesta/messages/supervision.hpp"

namespace vesta {

/// Times in the buckets of messages/log_buckets.hpp.
struct histogram {
  std::vector<std::uint64_t> buckets;
  std::uint64_t count = 0;
  std::int64_t max_ns = 0;

  void add(std::int64_t value_ns);
  /// The value below which this share of all lies, 0 <= share <= 1; 0 when empty.
  std::int64_t quantile(double share) const;
};
VESTA_SHARED_MESSAGE(histogram);

struct frame_figures {
  std::uint64_t frames = 0, late = 0;
  histogram times, swap_times;       ///< of all frames; of those with a swap
  std::vector<std::string> late_why; ///< "frame 312, 18.2 ms: traffic in district 2", the first hundred
};
VESTA_SHARED_MESSAGE(frame_figures);

/// A failure and what cured it.
struct cured_failure {
  failure what;
  std::string by; ///< a remedy's name; empty while it is not cured
  std::int64_t took_ns = 0;
  remedy chosen = remedy::restart; ///< for this failure; others may have followed before the cure
};
VESTA_SHARED_MESSAGE(cured_failure);

/// A module of the game: what runs of it, and how its newest version fares.
struct module_figures {
  std::string module;
  std::uint64_t version = 0;            ///< that runs, counted from 1; 0: none yet
  std::uint64_t before = 0;             ///< while that is on probation: the version to go back to
  lifecycle at = lifecycle::discovered; ///< of the newest version that is not over
  bool parked = false;                  ///< left out of frames until it gets a new version
  error_code last_error = error_code::none;
  std::uint64_t failures = 0; ///< in frames; each was taken back
  histogram steps;            ///< each of its slowest district
};
VESTA_SHARED_MESSAGE(module_figures);

/// Takes a move of one of the module's versions in. A version that is over leaves the module to the one that
/// runs.
void follow(module_figures& module, const lifecycle_moved& news);

/// What developer_tools knows of the run so far.
struct run_report {
  frame_figures frames;
  std::vector<change_report> changes;
  std::vector<cured_failure> failures;
  std::vector<module_failed> module_failures;
  totals_seen last_totals;
  std::vector<module_figures> modules; ///< in the game's order
};
VESTA_SHARED_MESSAGE(run_report);

/// Modules that failed outside of probation and got no new version since: they take no part in frames.
std::vector<std::string> parked_modules(const run_report& report);
/// Whether what this change brought live failed after its probation and was parked.
bool was_parked(const change_report& change, const run_report& report);

struct report_request {};
VESTA_SHARED_MESSAGE(report_request);

/// The supervision tree's events on their way to the report.
struct failure_seen {
  failure what;
  remedy chosen = remedy::restart;
};
VESTA_SHARED_MESSAGE(failure_seen);

} // namespace vesta
