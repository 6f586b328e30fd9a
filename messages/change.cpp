#include "vesta/messages/change.hpp"

#include <array>

namespace vesta {

std::string to_string(verdict_on_change value) {
  static constexpr std::array names = {"live",        "compile_error", "refused",
                                       "rolled_back", "superseded",    "failed"};
  return names.at(static_cast<std::size_t>(value));
}

} // namespace vesta
