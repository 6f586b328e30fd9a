#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vesta {

/// The prerequisites that a compiler wrote with -MD, in its order: Make's syntax with escaped blanks and
/// continued lines. Paths are made lexically normal, so that "modules/../modules/a.h" and "modules/a.h" are
/// one.
std::vector<std::string> parse_depfile(std::string_view text);

} // namespace vesta
