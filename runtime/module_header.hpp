#pragma once

#include <string_view>

namespace vesta {

/// The text of vesta/module.h, the one this program was built with: what modules are compiled against,
/// wherever the program is put.
std::string_view module_header();

} // namespace vesta
