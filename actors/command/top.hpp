#pragma once

#include <absl/status/statusor.h>
#include <functional>
#include <optional>

#include "vesta/actors/command/console.hpp"
#include "vesta/platform/clock.hpp"

namespace vesta::platform {
class shared_pages;
} // namespace vesta::platform

namespace vesta::command {

/// What `vesta top` is told, and what it reaches.
struct top_run {
  std::optional<int> pid; ///< of the game; empty: the one that runs
  bool once = false;      ///< one table and no more, as always where the output is no terminal
  const platform::shared_pages& pages;
  const platform::clock& time; ///< the machine's steady one
  std::function<bool(int pid)> process_exists;
  std::function<std::size_t()> rows; ///< of the terminal; at least 1
  std::function<bool()> wait;        ///< for the next look; true to end
};

/// Shows a running game until `wait` says so. An error is one sentence: no game, several, no such process, a
/// page of another layout, a game that ended while it was watched.
absl::StatusOr<int> run_top(const top_run& run, const console& to);

/// The same with the real machine; Ctrl-C ends it.
absl::StatusOr<int> run_top(std::optional<int> pid, bool once, const console& to);

} // namespace vesta::command
