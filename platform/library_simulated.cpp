#include "vesta/platform/library_simulated.hpp"

#include <fmt/format.h>
#include <limits>
#include <utility>
#include <xxhash.h>

namespace vesta::platform {
namespace {

class simulated_library final : public library {
public:
  explicit simulated_library(simulated_libraries::symbol_table symbols) : symbols_(std::move(symbols)) {}

  void* symbol(const std::string& name) const override {
    const auto found = symbols_.find(name);
    return found == symbols_.end() ? nullptr : found->second;
  }
  address_range range() const override { return {0, std::numeric_limits<std::uintptr_t>::max()}; }

private:
  simulated_libraries::symbol_table symbols_;
};

} // namespace

void simulated_libraries::add(std::string image, symbol_table symbols) {
  const std::lock_guard lock(mutex_);
  images_.insert_or_assign(std::move(image), std::move(symbols));
}

absl::StatusOr<elf_image> simulated_libraries::inspect(std::string_view image) const {
  const std::lock_guard lock(mutex_);
  const auto found = images_.find(image);
  if (found == images_.end())
    return absl::DataLossError(
        fmt::format("no simulated image has these {} bytes: add() it first", image.size()));
  elf_image facts;
  facts.build_id = fmt::format("{:016x}", XXH3_64bits(image.data(), image.size()));
  for (const auto& [name, function] : found->second) facts.exports.push_back(name);
  return facts;
}

absl::StatusOr<std::unique_ptr<library>> simulated_libraries::load(std::string_view image,
                                                                   const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = images_.find(image);
  if (found == images_.end())
    return absl::DataLossError(
        fmt::format("module {} cannot be loaded: no simulated image has its {} bytes", name, image.size()));
  return std::make_unique<simulated_library>(found->second);
}

} // namespace vesta::platform
