#pragma once

#include <absl/status/statusor.h>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vesta/module.h"
#include "vesta/platform/library.hpp"
#include "vesta/runtime/game.hpp"
#include "vesta/runtime/tables.hpp"

namespace vesta {

/// One version of a module's code.
struct module_version {
  const vesta_module* descriptor = nullptr;
  std::shared_ptr<platform::library>
      library;              ///< keeps the descriptor; null for a module of the program itself
  std::uint64_t number = 1; ///< counts the versions of this module
};

/// Where the version's code lies. A module of the program itself can lie anywhere, so a time limit may end
/// its call inside of malloc: give such modules none.
platform::address_range image_of(const module_version& version);

/// A module in its place, with all that its functions are given resolved beforehand.
struct module_slot {
  module_version version;
  std::string name;
  std::uint64_t name_hash = 0;
  std::uint64_t rows = 0;     ///< of its table; 0 without one
  std::vector<void*> columns; ///< these four in the descriptor's order
  std::vector<std::uint64_t> column_rows;
  std::vector<double> parameters;
  std::vector<void (*)(void)> imports;
  std::vector<std::size_t> parameter_places; ///< of `parameters` in the game's list
  bool parked = false;

  bool is_split() const { return version.descriptor->table != nullptr; }
};

/// All modules and columns that belong together. A swap makes the next one beside the one that runs and
/// exchanges them.
struct layout {
  std::vector<module_slot> slots; ///< in the order of the game's modules
  tables columns;
  std::uint64_t generation = 0; ///< no two layouts of a world have the same
};

/// Resolves versions that passed the checks against columns that hold all they name. Parameters are left at
/// 0.
std::shared_ptr<layout> make_layout(const game_description& game, std::span<const module_version> versions,
                                    tables columns);

} // namespace vesta
