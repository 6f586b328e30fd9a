#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vesta::command {

/// The longest run, in seconds: a week.
inline constexpr double length_max_s = 7 * 24 * 3600;

/// What `vesta sim` and `vesta watch` are told.
struct run_options {
  std::string game;                         ///< folder; empty: the city that comes with Vesta
  std::vector<std::string> overrides;       ///< "NAME=VALUE"
  std::optional<double> length_s;           ///< empty: the scenario's, or until Ctrl-C
  std::string scenario;                     ///< file; empty: the game's tour, if it has one; "none": none
  std::string json;                         ///< file for the report; empty: none
  std::string journal;                      ///< file of the journal; empty: none
  std::string alert_webhook;                ///< URL; empty: none
  std::vector<int> performance, efficiency; ///< cores; empty: not given
  std::uint64_t seed = 1;
  std::string compiler; ///< empty: the first there is
};

} // namespace vesta::command
