#include "vesta/runtime/tables.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <xxhash.h>

#include "vesta/runtime/value_type.hpp"

namespace vesta {
namespace {

absl::StatusOr<std::unique_ptr<platform::pages>> allocate(const std::string& what, std::size_t bytes) {
  auto memory = platform::pages::allocate(bytes);
  if (memory.ok()) return memory;
  return absl::Status(memory.status().code(), what + ": " + std::string(memory.status().message()));
}

} // namespace

std::string to_string(const column_key& key) { return key.table + "." + key.column; }

std::string type_of(const column_shape& shape) {
  const auto name = find_type(shape.type)->name;
  return shape.count == 1 ? std::string(name) : fmt::format("{}[{}]", name, shape.count);
}

std::size_t size_bytes(const column_shape& shape, std::uint64_t rows) {
  return rows * shape.count * find_type(shape.type)->bytes;
}

absl::StatusOr<std::shared_ptr<column>> column::make(const column_shape& shape, std::uint64_t rows) {
  auto memory =
      allocate(fmt::format("column {} of {} rows", to_string(shape.key), rows), size_bytes(shape, rows));
  if (!memory.ok()) return memory.status();
  auto made = std::make_shared<column>(*std::move(memory), rows);
  if (shape.initial != 0) {
    with_type(shape.type, [&](auto zero) {
      using element = decltype(zero);
      std::fill_n(reinterpret_cast<element*>(made->data()), rows * shape.count,
                  static_cast<element>(shape.initial));
    });
  }
  return made;
}

absl::Status tables::put(entry added) {
  if (added.shape.constant) added.copy = nullptr;
  if (!added.shape.constant && added.copy == nullptr) {
    auto copy = allocate("checkpoint of column " + to_string(added.shape.key), added.live->size());
    if (!copy.ok()) return copy.status();
    added.copy = *std::move(copy);
  }
  auto key = added.shape.key;
  entries_.insert_or_assign(std::move(key), std::move(added));
  return absl::OkStatus();
}

const tables::entry* tables::find(const column_key& key) const {
  const auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

void tables::protect_constants() const {
  for (const auto& [key, one] : entries_) one.live->protect(one.shape.constant);
}

std::size_t tables::size_bytes() const {
  std::size_t total = 0;
  for (const auto& [key, one] : entries_)
    total += one.live->size() + (one.copy != nullptr ? one.copy->size() : 0);
  return total;
}

std::uint64_t tables::digest() const {
  std::uint64_t hash = 0;
  for (const auto& [key, one] : entries_) {
    const auto name = to_string(key) + ":" + type_of(one.shape);
    hash = XXH3_64bits_withSeed(name.data(), name.size(), hash);
    hash = XXH3_64bits_withSeed(one.live->data(), one.live->size(), hash);
  }
  return hash;
}

std::string tables::explain(std::uintptr_t address) const {
  for (const auto& [key, one] : entries_) {
    if (one.live->overrun_at(address)) return "it ran past the end of column " + to_string(key);
    if (one.shape.constant && one.live->holds(address))
      return "it wrote to the constant column " + to_string(key);
  }
  return {};
}

} // namespace vesta
