#include "vesta/messages/errors.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace vesta {

const std::vector<error_row>& error_table() {
  static const std::vector<error_row> table = {
#define VESTA_ERROR(code, name, sentence, remedy) {error_code::name, #name, sentence, remedy},
#include "vesta/messages/errors.def"
#undef VESTA_ERROR
  };
  return table;
}

error_row describe(error_code code) {
  const auto& table = error_table();
  const auto row = std::ranges::find(table, code, &error_row::code);
  if (row != table.end()) return *row;
  if (static_cast<std::uint16_t>(code) >= 0x7000)
    return {code, "users_error", "A module or actor of the game reported this.",
            "Its own documents say more."};
  return {code, "unknown_error", "No such code is in the table.",
          "Report it: a code is missing from errors.def."};
}

std::string to_string(error_code code) {
  if (code == error_code::none) return "ok";
  return fmt::format("0x{:04x} {}", static_cast<std::uint16_t>(code), describe(code).name);
}

std::string errors_markdown() {
  std::string page =
      "# Errors\n\nMade from `messages/errors.def` by `vesta errors`; do not edit. The first digit is the "
      "agent, the "
      "second the class, as the head of that file says.\n\n| code | name | what happened | what to do |\n"
      "|---|---|---|---|\n";
  for (const auto& row : error_table())
    page += fmt::format("| 0x{:04X} | `{}` | {} | {} |\n", static_cast<std::uint16_t>(row.code), row.name,
                        row.sentence, row.remedy);
  return page;
}

} // namespace vesta
