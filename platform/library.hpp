#pragma once

#include <absl/status/statusor.h>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "vesta/platform/elf_image.hpp"

namespace vesta::platform {

struct address_range {
  std::uintptr_t begin = 0, end = 0;
  bool holds(std::uintptr_t address) const { return begin <= address && address < end; }
};

/// A loaded image. The destructor unloads it; whoever holds pointers into it keeps it alive.
class library {
public:
  virtual ~library() = default;
  /// Null when there is no such symbol.
  virtual void* symbol(const std::string& name) const = 0;
  /// Where the image's loaded segments lie.
  virtual address_range range() const = 0;
};

/// Loads shared libraries. Thread-safe.
class library_loader {
public:
  virtual ~library_loader() = default;
  /// What `image` says of itself, for `verify_elf`; kDataLoss when it is torn or foreign.
  virtual absl::StatusOr<elf_image> inspect(std::string_view image) const = 0;
  /// Loads a private copy of `image` (the bytes of an ELF file that was verified before: loading a broken one
  /// can kill the process), so that the same path or inode can never give the old image again. `name` is for
  /// messages and debuggers. Static constructors run here.
  virtual absl::StatusOr<std::unique_ptr<library>> load(std::string_view image, const std::string& name) = 0;
};

/// memfd and dlopen(RTLD_NOW | RTLD_LOCAL), each load under a path never used before.
library_loader& real_libraries();

/// Where a code address lies, for people: "fire: spread+0x1a4" in an image that `real_libraries` holds (by
/// the name it was loaded under), "libc.so.6: memcpy+0x10" elsewhere, the bare address where nothing is
/// known. Thread-safe.
std::string describe_address(std::uintptr_t address);

} // namespace vesta::platform
