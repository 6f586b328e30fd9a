#include "vesta/runtime/layout.hpp"

#include <algorithm>
#include <string_view>
#include <xxhash.h>

#include "vesta/runtime/module_check.hpp"

namespace vesta {
namespace {

using function = void (*)(void);

function find_export(std::span<const module_version> versions, std::string_view name) {
  for (const auto& version : versions)
    for (std::uint32_t i = 0; i < version.descriptor->export_count; ++i)
      if (version.descriptor->exports[i].name == name) return version.descriptor->exports[i].function;
  return nullptr;
}

module_slot make_slot(const game_description& game, std::span<const module_version> versions,
                      const module_version& version, const tables& columns) {
  const auto& module = *version.descriptor;
  module_slot slot;
  slot.version = version;
  slot.name = module.name;
  slot.name_hash = XXH3_64bits(slot.name.data(), slot.name.size());
  if (module.table != nullptr) slot.rows = row_count(game, *game.table(module.table));
  for (std::uint32_t i = 0; i < module.column_count; ++i) {
    const auto& live = *columns.find({module.columns[i].table, module.columns[i].name})->live;
    slot.columns.push_back(live.data());
    slot.column_rows.push_back(live.rows());
  }
  for (std::uint32_t i = 0; i < module.parameter_count; ++i)
    slot.parameter_places.push_back(
        static_cast<std::size_t>(game.parameter(module.parameters[i]) - game.parameters.data()));
  slot.parameters.resize(module.parameter_count);
  for (std::uint32_t i = 0; i < module.import_count; ++i)
    slot.imports.push_back(find_export(versions, module.imports[i].name));
  return slot;
}

} // namespace

platform::address_range image_of(const module_version& version) {
  return version.library != nullptr ? version.library->range() : whole_process;
}

std::shared_ptr<layout> make_layout(const game_description& game, std::span<const module_version> versions,
                                    tables columns) {
  auto made = std::make_shared<layout>();
  made->columns = std::move(columns);
  for (const auto& version : versions)
    made->slots.push_back(make_slot(game, versions, version, made->columns));
  return made;
}

} // namespace vesta
