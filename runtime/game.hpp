#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/module.h"
#include "vesta/platform/files.hpp"

namespace vesta {

/// A number that modules read and that `--set` and the tuning file change.
struct game_parameter {
  std::string name;
  double value = 0; ///< `default`, or what `--set` gave
  double min = 0, max = 0;
  std::string unit, about;
  bool given = false;     ///< by `--set`, which wins over the tuning file
  bool sets_rows = false; ///< of some table: a whole number, fixed when the game begins
};

/// A file that modules read at `init`.
struct game_file {
  std::string name;
  std::string path; ///< that can be opened from the current directory; empty: none
  std::string about;
};

/// A column that belongs to the game, so that every module may declare VESTA_WRITE to it.
struct shared_column {
  std::string name;
  vesta_type type = VESTA_F32;
  std::uint32_t count = 1;
  double initial = 0;
};

struct game_table {
  std::string name;
  std::string rows_parameter; ///< the parameter that gives the number of rows; empty: `rows` does
  std::uint64_t rows = 0;
  std::vector<shared_column> columns;
};

struct game_module {
  std::string name;
  std::string source;             ///< relative to the game's folder
  std::vector<std::string> flags; ///< for the compiler, after the host's own
};

/// What game.toml says; lists are in the order of the file.
struct game_description {
  std::string file; ///< game.toml's path, for messages
  std::string name;
  double rate_hz = 60;            ///< frames a second, above 0 to 1000
  double budget_ms = 1000.0 / 60; ///< above 0
  std::vector<game_parameter> parameters;
  std::vector<game_file> files;
  std::vector<game_table> tables;
  std::vector<game_module> modules;
  std::string tuning; ///< relative to the game's folder; empty: none

  const game_parameter* parameter(std::string_view name) const;
  const game_table* table(std::string_view name) const;
  const game_module* module(std::string_view name) const;
};

/// Most rows of a table; a row number fits 32 bits.
constexpr std::uint64_t rows_max = 4'000'000'000;
/// Most elements of a column in one row.
constexpr std::uint32_t column_count_max = 4096;
/// Longest name of a game, parameter, table, column or module.
constexpr std::size_t name_size_max = 63;

/// Names begin with a letter and hold letters, digits and underscores, at most `name_size_max`.
bool is_name(std::string_view text);

/// Values of parameters by name.
using parameter_values = std::map<std::string, double, std::less<>>;

/// Parses the text of a game.toml; `file` is its path. Every error is one sentence with file and line.
absl::StatusOr<game_description> parse_game(std::string_view text, const std::string& file);

/// Reads and parses `folder`/game.toml.
absl::StatusOr<game_description> read_game(const platform::file_system& files, const std::string& folder);

/// Applies one `--set NAME=VALUE`. A file's path is taken as it is given.
absl::Status apply_override(game_description& game, std::string_view name_and_value);

/// The value of each numeric parameter under a tuning file, a flat list of `name = number` lines: `--set`
/// wins over the file and the file over the default. `file` is for messages.
absl::StatusOr<parameter_values> parse_tuning(std::string_view text, const std::string& file,
                                              const game_description& game);

/// Whether a game that runs may give a parameter this value: there is one of that name, the value is within
/// its bounds, and a number of rows stays what it is. The error is one sentence.
absl::Status check_parameter(const game_description& game, std::string_view name, double value);

/// The rows of a table under the parameters' values of now.
std::uint64_t row_count(const game_description& game, const game_table& table);

/// The bytes of all file parameters, by name; those left empty are missing. A file is at most 1 GiB.
absl::StatusOr<std::map<std::string, std::string, std::less<>>> read_files(const platform::file_system& files,
                                                                           const game_description& game);

} // namespace vesta
