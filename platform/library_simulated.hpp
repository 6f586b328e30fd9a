#pragma once

#include <map>
#include <mutex>
#include <string>

#include "vesta/platform/library.hpp"

namespace vesta::platform {

/// Modules without a dynamic loader, for the simulator: an image is whatever bytes a test registers, and a
/// library is the table of functions registered with them. Loading bytes that nobody registered is an error,
/// as for a torn file.
class simulated_libraries final : public library_loader {
public:
  using symbol_table = std::map<std::string, void*>;

  /// Makes `image` loadable. Its build-id is a hash of the bytes, its exports are the names in `symbols`, and
  /// it needs nothing. What the pointers lead to outlives the loader. Registering the same bytes again
  /// replaces the table.
  void add(std::string image, symbol_table symbols);

  absl::StatusOr<elf_image> inspect(std::string_view image) const override;
  /// The library's range is the whole process: its functions are the test's own and lie anywhere.
  absl::StatusOr<std::unique_ptr<library>> load(std::string_view image, const std::string& name) override;

private:
  mutable std::mutex mutex_;
  std::map<std::string, symbol_table, std::less<>> images_;
};

} // namespace vesta::platform
