#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/actors/command/scenario_player.hpp"
#include "vesta/messages/report.hpp"
#include "vesta/platform/thread.hpp"
#include "vesta/platform/topology.hpp"

namespace vesta::command {

/// All that is said of a run at its end, as a table or as JSON.
struct run_summary {
  std::string game;     ///< its name
  std::string scenario; ///< file; empty: none
  std::uint64_t seed = 1;
  platform::topology cores;
  double rate_hz = 0, budget_ms = 0;
  std::int64_t elapsed_ns = 0;     ///< from the first frame to the last
  std::uint64_t messages_sent = 0; ///< in that time
  std::uint64_t game_bytes = 0;    ///< of the world's columns
  platform::memory_use memory;
  run_report report;
  std::vector<step_outcome> steps;
  bool interrupted = false; ///< by a signal, before its time; a step that was not reached is no failure then
  bool users_edits = false; ///< not a scenario's: then a module that failed and was mended is no surprise

  /// Modules that failed although nobody could expect it: outside of the probation of a change, for there
  /// the step that made the change is what counts. All such, or with the user's edits those that are parked
  /// at the end.
  std::vector<std::string> surprises() const;
  /// Whether this step went otherwise than expected; with an interrupted run one that has no outcome did not.
  bool went_wrong(const step_outcome& step) const {
    return !step.ok &&
           !(interrupted && (step.got == step_outcome::not_reached || step.got == step_outcome::nothing));
  }
  bool as_expected() const {
    return std::ranges::none_of(steps, [this](const auto& step) { return went_wrong(step); }) &&
           surprises().empty();
  }
  double messages_per_second() const {
    return elapsed_ns > 0 ? static_cast<double>(messages_sent) * 1e9 / static_cast<double>(elapsed_ns) : 0;
  }
  /// Resident memory that is not the game's columns.
  std::uint64_t own_bytes() const {
    return memory.resident_bytes > game_bytes ? memory.resident_bytes - game_bytes : 0;
  }
};

/// A time of a change counted from the save; nothing where that step was not reached.
inline std::optional<std::int64_t> since_save(const change_times& times, std::int64_t at_ns) {
  return at_ns == 0 ? std::nullopt : std::optional(at_ns - times.saved_ns);
}

/// The game's folder as it is called in a text from a private copy of it: `text` with each `copy` replaced by
/// `original`, or cut out with the slash behind it when that is empty.
std::string without_copy(std::string text, std::string_view copy, std::string_view original);

} // namespace vesta::command
