#include "vesta/messages/supervision.hpp"

#include <array>

namespace vesta {

std::string to_string(category value) {
  static constexpr std::array names = {"compilation", "runtime",  "memory",   "network",       "io",
                                       "performance", "security", "resource", "configuration", "unknown"};
  return names.at(static_cast<std::size_t>(value));
}

std::string to_string(severity value) {
  static constexpr std::array names = {"info", "warning", "error", "critical", "fatal"};
  return names.at(static_cast<std::size_t>(value));
}

std::string to_string(remedy value) {
  static constexpr std::array names = {"retry",    "rollback", "set_aside", "restart",    "isolate",
                                       "escalate", "stop",     "fallback",  "scale_down", "degrade"};
  return names.at(static_cast<std::size_t>(value));
}

VESTA_COMPILE_MESSAGE(failure);
VESTA_COMPILE_MESSAGE(verdict);
VESTA_COMPILE_MESSAGE(recovered);
VESTA_COMPILE_MESSAGE(escalation);

} // namespace vesta
