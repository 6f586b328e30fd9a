#pragma once

// The life of a frame.

#include <caf/allowed_unsafe_message_type.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vesta/messages/errors.hpp"
#include "vesta/messages/message.hpp"

namespace vesta {

class prepared_swap;

/// The world stands; let frames come.
struct begin_frames {};
VESTA_SHARED_MESSAGE(begin_frames);

/// No frame after the one at hand.
struct end_frames {};
VESTA_SHARED_MESSAGE(end_frames);

struct frames_ended {
  std::uint64_t frame = 0;
};
VESTA_SHARED_MESSAGE(frames_ended);

/// Run one stage (module) over your rows.
struct step {
  std::uint64_t token = 0; ///< which stage of which frame; comes back in `stepped`
  std::uint32_t stage = 0;
};
VESTA_SHARED_MESSAGE(step);

struct stepped {
  std::uint64_t token = 0;
  std::uint32_t district = 0;
  std::int64_t took_ns = 0;
  error_code code = error_code::none;
  std::string module, text; ///< of a failure
};
VESTA_SHARED_MESSAGE(stepped);

/// Publish at the next boundary. Stays inside the process.
struct apply_swap {
  std::uint64_t change = 0;
  std::shared_ptr<prepared_swap> swap;
};

/// Set these parameters at the next boundary.
struct set_parameters {
  std::uint64_t change = 0;
  std::map<std::string, double, std::less<>> values;
};
VESTA_SHARED_MESSAGE(set_parameters);

struct frame_done {
  std::uint64_t frame = 0;
  std::int64_t took_ns = 0; ///< from its start to the end of its boundary
  bool late = false;
  std::string why; ///< of a late frame: the module and district, the boundary, or the start
  bool swapped = false;
  std::vector<std::int64_t> steps_ns; ///< of the modules in the game's order, each its slowest district;
                                      ///< below 0 for one that did not run
};
VESTA_SHARED_MESSAGE(frame_done);

/// One total that a game shows: a column of a one-row table.
struct total {
  std::string name;
  double value = 0;
};
VESTA_SHARED_MESSAGE(total);

/// Once a second: the game's totals.
struct totals_seen {
  std::uint64_t frame = 0;
  std::vector<total> totals;
};
VESTA_SHARED_MESSAGE(totals_seen);

} // namespace vesta

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(vesta::apply_swap)
