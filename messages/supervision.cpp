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

std::string what_happened(const failure& what) {
  const bool at_start = what.message.empty() && what.code == error_code::start_failed;
  const auto on = at_start ? " to start" : what.message.empty() ? "" : " on " + what.message;
  return what.actor + " failed" + on + ": " + what.text;
}

VESTA_COMPILE_MESSAGE(failure);
VESTA_COMPILE_MESSAGE(verdict);
VESTA_COMPILE_MESSAGE(recovered);
VESTA_COMPILE_MESSAGE(escalation);

} // namespace vesta
