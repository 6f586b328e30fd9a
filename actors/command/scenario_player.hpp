#pragma once

#include <absl/status/statusor.h>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "vesta/actors/command/scenario.hpp"
#include "vesta/messages/report.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/platform/files.hpp"

namespace vesta::command {

/// What became of a step.
struct step_outcome {
  std::string title;
  double at_s = 0;
  std::string expected; ///< "live", "compile_error", "rolled_back", "refused", "cured" or a remedy
  std::string got;      ///< the same words, or one of those below
  bool ok = false;

  static constexpr const char* nothing = "nothing";         ///< performed, without an outcome so far
  static constexpr const char* not_reached = "not reached"; ///< the run was over before its time
};

/// The person with an editor: performs a scenario's steps on a folder, one after the other, and judges what
/// the run made of them. A step waits until the one before it is over, so a slow compiler does not mix two
/// changes up. Used from one thread; files and folder outlive it.
class scenario_player {
public:
  /// Does what a step says that is no change of a file.
  using hand = std::function<void(const scenario_step&)>;

  /// A step that got no verdict in this time no longer holds up the next one.
  static constexpr platform::nanoseconds patience_ns = 30'000'000'000;

  /// The scenario has passed `check_scenario` and `find_actors`.
  scenario_player(scenario what, platform::file_system& files, std::string folder, hand act);

  /// Performs the next step if its time has come: `elapsed` since the first frame, `now` on the steady clock.
  /// Returns its title, nothing when none was due, or why it could not be performed.
  absl::StatusOr<std::optional<std::string>> due(platform::nanoseconds elapsed, platform::nanoseconds now,
                                                 const run_report& report);
  /// Whether all steps were performed and have a verdict, or were waited for long enough.
  bool over(platform::nanoseconds now, const run_report& report) const;
  /// One row a step, in their order.
  std::vector<step_outcome> judge(const run_report& report) const;

private:
  struct performed {
    platform::nanoseconds at_ns = 0;              ///< on the steady clock
    platform::nanoseconds since_ns = 0;           ///< what it has brought about is later
    std::uint64_t frame = 0;                      ///< then
    std::optional<std::uint64_t> over_frame = {}; ///< when its outcome was first seen
  };

  absl::Status perform(const scenario_step& step);
  void look(const run_report& report);
  /// What came of each performed step: the last word on its change, or on its actors; nothing while there is
  /// none.
  std::vector<std::optional<std::string>> verdicts(const run_report& report) const;
  bool waits(platform::nanoseconds now, const run_report& report) const;

  const scenario what_;
  platform::file_system& files_;
  const std::string folder_;
  const hand act_;
  std::vector<performed> performed_; ///< the steps so far
};

} // namespace vesta::command
