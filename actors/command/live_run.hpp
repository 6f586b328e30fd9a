#pragma once

#include <absl/status/statusor.h>
#include <functional>
#include <optional>
#include <string>

#include "vesta/actors/command/console.hpp"
#include "vesta/actors/command/run_options.hpp"
#include "vesta/actors/command/run_summary.hpp"
#include "vesta/actors/command/scenario_player.hpp"
#include "vesta/actors/engine.hpp"
#include "vesta/platform/interrupt.hpp"

namespace vesta::command {

/// An opened game and how it is to be run.
struct live_run {
  engine& game;
  const platform::interrupt& stop;
  scenario_player* player = nullptr; ///< null: nobody edits but the user
  std::optional<double> length_s;    ///< empty: until a signal comes
  /// Texts on their way to the user.
  std::function<std::string(std::string)> reword = [](std::string text) { return text; };
};

/// Lets frames come until the time is over and the player has seen what became of its last step, or until a
/// signal comes. Shows progress. The summary lacks what the caller alone knows: scenario, seed and cores. The
/// error is a step that could not be performed.
absl::StatusOr<run_summary> run_live(const live_run& run, const console& to);

/// One line on the game and its cores.
std::string opening_line(const engine& game, const platform::topology& cores, const run_options& options,
                         const console& to);

/// Finds out, before anything runs, whether a report can be written to `path`; leaves nothing behind.
absl::Status check_writable(platform::file_system& files, const std::string& path);

/// The exit status. Ctrl-C is the usual end where the user edits, and else an interruption.
int status_of(const run_summary& summary);

/// Prints the report, writes it as JSON where that is wanted, and gives the exit status.
int conclude(const run_summary& summary, const std::string& json, const console& to);

} // namespace vesta::command
