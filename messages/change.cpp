#include "vesta/messages/change.hpp"

#include <array>

namespace vesta {

std::string to_string(verdict_on_change value) {
  static constexpr std::array names = {"live",        "compile_error", "refused",
                                       "rolled_back", "superseded",    "failed"};
  return names.at(static_cast<std::size_t>(value));
}

VESTA_COMPILE_MESSAGE(open_game);
VESTA_COMPILE_MESSAGE(files_changed);
VESTA_COMPILE_MESSAGE(change_found);
VESTA_COMPILE_MESSAGE(edit_refused);
VESTA_COMPILE_MESSAGE(build_requested);
VESTA_COMPILE_MESSAGE(build_cancelled);
VESTA_COMPILE_MESSAGE(retry_on_save);
VESTA_COMPILE_MESSAGE(build_finished);
VESTA_COMPILE_MESSAGE(verify_requested);
VESTA_COMPILE_MESSAGE(verify_finished);
VESTA_COMPILE_MESSAGE(module_image);
VESTA_COMPILE_MESSAGE(stage_requested);
VESTA_COMPILE_MESSAGE(stage_finished);
VESTA_COMPILE_MESSAGE(swap_finished);
VESTA_COMPILE_MESSAGE(module_failed);
VESTA_COMPILE_MESSAGE(probation_passed);
VESTA_COMPILE_MESSAGE(advance_version);
VESTA_COMPILE_MESSAGE(lifecycle_moved);
VESTA_COMPILE_MESSAGE(tuning_changed);
VESTA_COMPILE_MESSAGE(change_times);
VESTA_COMPILE_MESSAGE(change_report);

} // namespace vesta
