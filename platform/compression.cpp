#include "vesta/platform/compression.hpp"

#include <fmt/format.h>
#include <new>
#include <zstd.h>

namespace vesta::platform {

std::string compress(std::string_view bytes) {
  std::string frame(ZSTD_compressBound(bytes.size()), '\0');
  const auto size = ZSTD_compress(frame.data(), frame.size(), bytes.data(), bytes.size(), 1);
  if (ZSTD_isError(size)) throw std::bad_alloc(); // with room for any outcome, it has no other error
  frame.resize(size);
  return frame;
}

absl::StatusOr<std::string> decompress(std::string_view frame, std::uint64_t size_bytes) {
  std::string bytes(size_bytes, '\0');
  const auto size = ZSTD_decompress(bytes.data(), bytes.size(), frame.data(), frame.size());
  if (ZSTD_isError(size))
    return absl::DataLossError(fmt::format("what was compressed is broken: {}", ZSTD_getErrorName(size)));
  if (size != size_bytes)
    return absl::DataLossError(
        fmt::format("what was compressed is {} bytes long and should be {}", size, size_bytes));
  return bytes;
}

std::uint64_t compressed_size_max(std::uint64_t size_bytes) { return ZSTD_compressBound(size_bytes); }

} // namespace vesta::platform
