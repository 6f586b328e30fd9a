#pragma once

#include <absl/status/statusor.h>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "vesta/module.h"
#include "vesta/platform/pages.hpp"

namespace vesta {

/// How a column is found, whoever owns it.
struct column_key {
  std::string table, column;
  auto operator<=>(const column_key&) const = default;
};

/// "tiles.kind"
std::string to_string(const column_key& key);

/// What a column is, without its data.
struct column_shape {
  column_key key;
  std::string owner; ///< a module; empty: the game
  vesta_type type = VESTA_F32;
  std::uint32_t count = 1; ///< elements per row
  double initial = 0;
  bool constant = false; ///< written by `init` and `migrate` alone

  bool same_layout(const column_shape& other) const { return type == other.type && count == other.count; }
};

/// "u16" or "u16[4]"
std::string type_of(const column_shape& shape);

std::size_t size_bytes(const column_shape& shape, std::uint64_t rows);

/// One column's data: row after row, each of `count` elements. The pointer never changes.
class column {
public:
  /// Allocates, touches and fills with the shape's `initial`. kResourceExhausted without memory.
  static absl::StatusOr<std::shared_ptr<column>> make(const column_shape& shape, std::uint64_t rows);

  column(std::unique_ptr<platform::pages> memory, std::uint64_t rows)
      : memory_(std::move(memory)), rows_(rows) {}

  std::byte* data() const { return memory_->data(); }
  std::size_t size() const { return memory_->size(); } ///< bytes
  std::uint64_t rows() const { return rows_; }
  bool holds(std::uintptr_t address) const {
    const auto begin = reinterpret_cast<std::uintptr_t>(data());
    return begin <= address && address < begin + size();
  }
  /// Is it just behind the data?
  bool overrun_at(std::uintptr_t address) const { return memory_->overrun_at(address); }
  /// Makes a write crash, or lets it be again.
  void protect(bool read_only) { memory_->protect(read_only); }

private:
  std::unique_ptr<platform::pages> memory_;
  std::uint64_t rows_;
};

/// The game's columns by key, as one set of module versions sees them. Copying it copies references to the
/// same data. Not thread-safe; the data is shared as world.hpp says.
class tables {
public:
  struct entry {
    column_shape shape;
    std::shared_ptr<column> live;
    std::shared_ptr<platform::pages> copy; ///< where a checkpoint puts it; null for a constant column
  };

  /// Adds or replaces; gives a column that can change a place for its copy unless it brings one.
  absl::Status put(entry added);
  /// Null when there is none.
  const entry* find(const column_key& key) const;

  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

  /// Lets the constant columns, and only these, crash whoever writes them.
  void protect_constants() const;
  /// Of all data and copies.
  std::size_t size_bytes() const;
  /// XXH3 over keys, types and data of all columns.
  std::uint64_t digest() const;
  /// What a write to `address` did wrong, such as "it wrote to the constant column tiles.kind"; empty where
  /// the address is nowhere near a column.
  std::string explain(std::uintptr_t address) const;

private:
  std::map<column_key, entry> entries_;
};

} // namespace vesta
