#include "vesta/messages/alert.hpp"

namespace vesta {

VESTA_COMPILE_MESSAGE(alert);
VESTA_COMPILE_MESSAGE(close_alerts);

} // namespace vesta
