#include "vesta/platform/hash.hpp"

#include <xxhash.h>

namespace vesta::platform {

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

} // namespace vesta::platform
