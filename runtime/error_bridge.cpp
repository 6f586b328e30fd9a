#include "vesta/runtime/error_bridge.hpp"

#include <caf/atom.hpp>
#include <caf/message.hpp>

namespace vesta {
namespace {

constexpr auto vesta_errors = caf::atom("vesta");

} // namespace

caf::error to_caf(error_code code, const std::string& text) {
  const auto row = describe(code);
  return caf::error{
      1, vesta_errors,
      caf::make_message(static_cast<std::uint16_t>(code), text.empty() ? std::string(row.sentence) : text)};
}

error_code code_of(const caf::error& error) {
  if (!error || error.category() != vesta_errors ||
      !error.context().match_elements<std::uint16_t, std::string>())
    return error_code::none;
  return static_cast<error_code>(error.context().get_as<std::uint16_t>(0));
}

} // namespace vesta
