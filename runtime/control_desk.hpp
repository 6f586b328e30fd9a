#pragma once

#include <absl/status/status.h>

#include <cstdint>
#include <memory>

#include "vesta/runtime/control_page.hpp"
#include "vesta/runtime/node_counters.hpp"

namespace vesta {

class node;
struct game_description;

namespace platform {
class clock;
} // namespace platform

/// What there is to show of a game: its modules, then its actors by kind. Without what the desk alone knows.
control_page page_of(const run_report& report, const node_counters& counters);

/// Keeps a game's control page. The engine's; lent to developer_tools, which alone calls `show`.
class control_desk {
public:
  /// `time` is the steady clock; both outlive the desk.
  control_desk(const platform::clock& time, const game_description& game);

  /// Makes the page of this process, and removes those of dead ones. kAlreadyExists when another game of this
  /// process has it. Without a page, `show` does nothing.
  absl::Status open(platform::shared_pages& pages, int pid);
  /// Whose counters are shown from now on, until the desk ends.
  void connect(const node& actors);
  /// Writes the page, at most ten times a second.
  void show(const run_report& report);

private:
  const platform::clock& time_;
  const node* actors_ = nullptr;
  std::unique_ptr<platform::shared_page> page_;
  control_header about_; ///< the game, and the rates of the last second
  node_counters a_second_ago_;
  std::int64_t next_ns_ = 0; ///< write
};

} // namespace vesta
