#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "vesta/actors/command/crowd.hpp"
#include "vesta/messages/supervision.hpp"
#include "vesta/platform/files.hpp"
#include "vesta/runtime/game.hpp"

namespace vesta::command {

/// What a developer does to a running game, written down: a TOML file with `seconds`, a list of `[[steps]]`
/// and perhaps a `[crowd]`. Each step has `at` (seconds from the first frame) and an `action`:
/// - `edit`: in `file`, put `replace` where `find` is; `expect` is live (the default), compile_error, refused
/// or rolled_back.
/// - `tune`: give the parameter `name` the `value` in the tuning file; `expect` is live (the default) or
/// refused.
/// - `kill`: end the incarnation of `actor`; `expect` is cured (the default) or the remedy that cures it.
/// - `fail`: make `actor` fail at its next handlers, its next message, or its next starts (`where`), `times`
/// times, or stall; `expect` as for kill.
/// - `expect`: nothing; what the step before did to another `actor` is `expect`, as for kill.
/// - `release`: let an isolated `actor` begin anew.
/// - `demand`: give the crowd so many `rows` a message from now on; with an `actor`, `expect` as for kill.
/// `actor` may be a beginning with a star, and `share` says how many of those whose names begin so. `frames`
/// is the most that may pass until the outcome.
struct edit_step {
  std::string file; ///< relative to the game's folder
  std::string find; ///< occurs once in the file, as the earlier steps leave it
  std::string replace;
};
struct tune_step {
  std::string file; ///< the game's tuning file; filled in by check_scenario
  std::string name;
  double value = 0;
};
struct kill_step {};
struct fail_step {
  inject_fault fault;
};
struct expect_step {};
struct release_step {};
struct demand_step {
  std::uint32_t rows = 0;
};

struct scenario_step {
  double at_s = 0;
  std::variant<edit_step, tune_step, kill_step, fail_step, expect_step, release_step, demand_step> action;
  std::string expect;       ///< a verdict_on_change, "cured" or a remedy; empty: nothing is waited for
  std::string place;        ///< for messages: "tour.toml:12"
  std::string actor = {};   ///< or a beginning and a star; empty for what concerns none
  double share = 1;         ///< of those that `actor` means, above 0
  std::uint64_t frames = 0; ///< until the outcome, at most; 0: however long it takes
  std::vector<std::string> actors = {}; ///< whom it concerns; filled in by find_actors
};

struct scenario {
  std::string file; ///< for messages
  double length_s = 0;
  std::vector<scenario_step> steps; ///< in the order of their times
  crowd_options crowd = {};
};

/// "edit modules/economy.cpp", "tune tax_rate = 12", "kill asset_pipeline"
std::string title_of(const scenario_step& step);

/// Every error is one sentence with file and line.
absl::StatusOr<scenario> parse_scenario(std::string_view text, const std::string& file);
absl::StatusOr<scenario> read_scenario(const platform::file_system& files, const std::string& path);

/// Finds out, before anything runs, whether all edits can be made: applies them in their order, in memory, to
/// the game in `folder`. Fills in the tuning file of each tune_step.
absl::Status check_scenario(scenario& what, const platform::file_system& files, const std::string& folder,
                            const game_description& game);

/// Fills in whom each step concerns, of the actors with these names: of those that a star means a share,
/// spread evenly. An error is a sentence with file and line.
absl::Status find_actors(scenario& what, const std::vector<std::string_view>& names);

/// The file's text after the edit; kNotFound or kInvalidArgument when `find` is not in it once.
absl::StatusOr<std::string> text_after(const edit_step& step, std::string_view text);
/// The tuning file's text with the new value: its line replaced, or one more.
std::string text_after(const tune_step& step, std::string_view text);

/// Longest file that a step edits.
inline constexpr std::uint64_t edited_size_max = 16 << 20;

} // namespace vesta::command
