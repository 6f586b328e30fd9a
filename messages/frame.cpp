#include "vesta/messages/frame.hpp"

namespace vesta {

VESTA_COMPILE_MESSAGE(begin_frames);
VESTA_COMPILE_MESSAGE(end_frames);
VESTA_COMPILE_MESSAGE(frames_ended);
VESTA_COMPILE_MESSAGE(step);
VESTA_COMPILE_MESSAGE(stepped);
VESTA_COMPILE_MESSAGE(set_parameters);
VESTA_COMPILE_MESSAGE(frame_done);
VESTA_COMPILE_MESSAGE(total);
VESTA_COMPILE_MESSAGE(totals_seen);

} // namespace vesta
