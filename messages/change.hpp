#pragma once

// The life of a change, from the saved file to the verdict. Times are nanoseconds on the steady clock, 0
// where a step was not reached. A change has a number of its own; number 0 is the opening of the game.

#include <cstdint>
#include <string>
#include <vector>

#include "vesta/messages/errors.hpp"
#include "vesta/messages/lifecycle.hpp"
#include "vesta/messages/message.hpp"

namespace vesta {

/// Build the game as it lies on the disk and let its frames begin.
struct open_game {};
VESTA_SHARED_MESSAGE(open_game);

/// The watcher saw these files change.
struct files_changed {
  std::vector<std::string> paths;
  std::int64_t saved_ns = 0;
  std::string problem; ///< empty, or why what is below the paths is no longer seen
};
VESTA_SHARED_MESSAGE(files_changed);

/// What a batch of changed files means for the game.
struct change_found {
  std::vector<std::string> modules; ///< to be rebuilt, in the game's order
  bool tuning = false;              ///< the tuning file is among the files
  std::string files;                ///< for people
  std::int64_t saved_ns = 0;
};
VESTA_SHARED_MESSAGE(change_found);

/// An edit that no build can answer; what runs goes on.
struct edit_refused {
  std::string files; ///< for people
  error_code code = error_code::none;
  std::string text;
  std::int64_t saved_ns = 0;
};
VESTA_SHARED_MESSAGE(edit_refused);

struct build_requested {
  std::uint64_t change = 0;
  std::string module;
};
VESTA_SHARED_MESSAGE(build_requested);

/// The builds of this change are no longer wanted.
struct build_cancelled {
  std::uint64_t change = 0;
};
VESTA_SHARED_MESSAGE(build_cancelled);

/// The machine failed a change, not what its files hold: the next save of them is a change whatever it holds.
struct retry_on_save {
  std::vector<std::string> modules; ///< empty: the tuning file
};
VESTA_SHARED_MESSAGE(retry_on_save);

struct build_finished {
  std::uint64_t change = 0;
  std::string module;
  error_code code = error_code::none;
  std::string text;                          ///< the compiler's words, whole, or a sentence
  std::string image;                         ///< the shared library's bytes
  std::int64_t started_ns = 0, ended_ns = 0; ///< of the compiler
};
VESTA_SHARED_MESSAGE(build_finished);

struct verify_requested {
  std::uint64_t change = 0;
  std::string module;
  std::string image;
};
VESTA_SHARED_MESSAGE(verify_requested);

struct verify_finished {
  std::uint64_t change = 0;
  std::string module;
  std::uint64_t version = 0; ///< counted from 1 for each module
  error_code code = error_code::none;
  std::string text;
  std::string image; ///< as it was verified
};
VESTA_SHARED_MESSAGE(verify_finished);

struct module_image {
  std::string module;
  std::uint64_t version = 0;
  std::string image;
};
VESTA_SHARED_MESSAGE(module_image);

/// Load these verified images and make them ready for the boundary, all or none.
struct stage_requested {
  std::uint64_t change = 0;
  std::vector<module_image> images;
};
VESTA_SHARED_MESSAGE(stage_requested);

struct stage_finished {
  std::uint64_t change = 0;
  error_code code = error_code::none;
  std::string text;
};
VESTA_SHARED_MESSAGE(stage_finished);

/// The swap (or new parameters) took effect at a boundary, or was refused there.
struct swap_finished {
  std::uint64_t change = 0;
  error_code code = error_code::none;
  std::string text;
  std::uint64_t frame = 0;
  std::int64_t at_ns = 0;
  std::int64_t boundary_ns = 0; ///< what it cost the frame
};
VESTA_SHARED_MESSAGE(swap_finished);

/// A module failed in a frame. On probation its change has been taken back; otherwise the module is parked
/// and the state is that of the last checkpoint.
struct module_failed {
  std::uint64_t change = 0; ///< on probation, else 0
  std::string module;
  error_code code = error_code::none;
  std::string text;
  std::uint64_t frame = 0;
  std::uint64_t frames_back = 0;       ///< that the state went back: frames that had been played
  std::uint64_t frames_lost = 0;       ///< these, the one that failed, and those that were due meanwhile
  std::int64_t at_ns = 0, took_ns = 0; ///< from the failure to code and state being back
};
VESTA_SHARED_MESSAGE(module_failed);

struct probation_passed {
  std::uint64_t change = 0;
  std::uint64_t frame = 0;
};
VESTA_SHARED_MESSAGE(probation_passed);

/// Moves a version on in its lifecycle.
struct advance_version {
  std::string module;
  std::uint64_t change = 0; ///< that made the version; one seen for the first time is discovered
  lifecycle to = lifecycle::discovered;
  std::string reason;
};
VESTA_SHARED_MESSAGE(advance_version);

struct lifecycle_moved {
  std::string module;
  std::uint64_t version = 0;
  lifecycle from = lifecycle::discovered, to = lifecycle::discovered;
  std::string reason;
};
VESTA_SHARED_MESSAGE(lifecycle_moved);

/// Check the tuning file and bring its values into the game.
struct tuning_changed {
  std::uint64_t change = 0;
};
VESTA_SHARED_MESSAGE(tuning_changed);

enum class verdict_on_change : std::uint8_t { live, compile_error, refused, rolled_back, superseded, failed };
std::string to_string(verdict_on_change value);

struct change_times {
  std::int64_t saved_ns = 0, built_ns = 0, verified_ns = 0, live_ns = 0, over_ns = 0;
  std::int64_t compile_ns = 0;  ///< of the longest compile and link
  std::int64_t boundary_ns = 0; ///< what the swap cost its frame
};
VESTA_SHARED_MESSAGE(change_times);

/// What became of a change.
struct change_report {
  std::uint64_t change = 0;
  std::vector<std::string> modules;
  std::string files;
  verdict_on_change verdict = verdict_on_change::live;
  error_code code = error_code::none;
  std::string text;
  change_times times;
};
VESTA_SHARED_MESSAGE(change_report);

} // namespace vesta
