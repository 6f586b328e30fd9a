#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vesta {

/// Every error that Vesta reports, in the ranges that `errors.def` explains. 0 is success.
enum class error_code : std::uint16_t {
  none = 0,
#define VESTA_ERROR(code, name, sentence, remedy) name = code,
#include "vesta/messages/errors.def"
#undef VESTA_ERROR
};

struct error_row {
  error_code code;
  std::string_view name, sentence, remedy;
};

/// The table in its written order.
const std::vector<error_row>& error_table();

/// The row of a code; a code of users' modules (0x7000 and up) or an unknown one gets a row that says so.
error_row describe(error_code code);

/// "0x3501 compile_failed".
std::string to_string(error_code code);

/// The page docs/ERRORS.md.
std::string errors_markdown();

} // namespace vesta
