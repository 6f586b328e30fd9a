#pragma once

#include <absl/status/statusor.h>
#include <cstdint>
#include <string>
#include <string_view>

namespace vesta::platform {

/// The bytes as one Zstandard frame (RFC 8878), at its fastest level. Thread-safe.
std::string compress(std::string_view bytes);

/// What `compress` was given, which is exactly `size_bytes` long, else kDataLoss with a sentence. Allocates
/// that much at once, so a size from outside is to be checked before. Thread-safe.
absl::StatusOr<std::string> decompress(std::string_view frame, std::uint64_t size_bytes);

/// No frame of so many bytes is longer.
std::uint64_t compressed_size_max(std::uint64_t size_bytes);

} // namespace vesta::platform
