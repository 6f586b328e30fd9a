#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "vesta/module.h"
#include "vesta/platform/library.hpp"
#include "vesta/runtime/game.hpp"
#include "vesta/runtime/tables.hpp"

namespace vesta {

/// Where the descriptor of a module that is part of the program may point: anywhere.
constexpr platform::address_range whole_process{0, UINTPTR_MAX};

/// How the module calls itself. kFailedPrecondition where there is no descriptor of this interface in
/// `image`.
absl::StatusOr<std::string_view> module_name(const vesta_module* module,
                                             const platform::address_range& image);

/// Is this descriptor one that the host can work with as the game's module `name`? Every pointer in it has to
/// lead into `image`, so that a broken one is refused instead of followed. The first fault is a sentence.
absl::Status check_module(const vesta_module* module, std::string_view name, const game_description& game,
                          const platform::address_range& image);

/// Do these modules, each of them checked, fit together? One owner a column, readers and writers that name an
/// existing column with its type, one exporter a function, imports that somebody exports with the same
/// signature.
absl::Status check_modules(std::span<const vesta_module* const> modules, const game_description& game);

/// The columns that a checked module owns.
std::vector<column_shape> owned_columns(const vesta_module& module);
/// The columns that game.toml declares.
std::vector<column_shape> shared_columns(const game_description& game);

/// Changes when a name or a signature among the exports does.
std::uint64_t interface_hash(const vesta_module& module);

} // namespace vesta
