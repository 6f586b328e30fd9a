#pragma once

#include <cstdint>
#include <string_view>

namespace vesta::platform {

/// XXH3 of the bytes: fast, the same on every machine, and no protection against an adversary.
std::uint64_t hash64(std::string_view bytes);

} // namespace vesta::platform
