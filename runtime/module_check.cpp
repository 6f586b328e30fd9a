#include "vesta/runtime/module_check.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <xxhash.h>

#include "vesta/runtime/nearest.hpp"
#include "vesta/runtime/value_type.hpp"

namespace vesta {
namespace {

constexpr std::uint32_t list_size_max = 1024; // columns, parameters, imports or exports of one module
constexpr std::size_t text_size_max = 255;

template <class... Values>
absl::Status refusal(fmt::format_string<Values...> format, Values&&... values) {
  return absl::FailedPreconditionError(fmt::format(format, std::forward<Values>(values)...));
}

bool owns(const vesta_column& column) {
  return column.access == VESTA_OWN || column.access == VESTA_OWN_CONST;
}

std::uint32_t count_of(const vesta_column& column) { return std::max(1u, column.count); }

column_key key_of(const vesta_column& column) { return {column.table, column.name}; }

column_shape shape_of(const vesta_column& column, std::string owner) {
  return {key_of(column),   std::move(owner), static_cast<vesta_type>(column.type),
          count_of(column), column.initial,   column.access == VESTA_OWN_CONST};
}

bool lies_in(const platform::address_range& image, const void* pointer, std::size_t bytes) {
  const auto at = reinterpret_cast<std::uintptr_t>(pointer);
  return pointer != nullptr && at >= image.begin && at <= image.end && bytes <= image.end - at;
}

/// A text of 1 to `text_size_max` bytes that ends inside of the image.
std::optional<std::string_view> text_in(const platform::address_range& image, const char* pointer) {
  if (!lies_in(image, pointer, 1)) return {};
  const auto room =
      std::min<std::size_t>(image.end - reinterpret_cast<std::uintptr_t>(pointer), text_size_max + 1);
  const auto size = strnlen(pointer, room);
  if (size == 0 || size == room) return {};
  return std::string_view(pointer, size);
}

/// Checks one descriptor from its outside in.
class inspector {
public:
  inspector(const vesta_module& module, std::string_view name, const game_description& game,
            const platform::address_range& image)
      : module_(module), name_(name), game_(game), image_(image) {}

  absl::Status inspect() const {
    for (const auto check : {&inspector::head, &inspector::functions, &inspector::lists, &inspector::columns,
                             &inspector::parameters, &inspector::services})
      if (auto status = (this->*check)(); !status.ok()) return status;
    return absl::OkStatus();
  }

private:
  bool holds(const void* pointer, std::size_t bytes) const { return lies_in(image_, pointer, bytes); }
  std::optional<std::string_view> text(const char* pointer) const { return text_in(image_, pointer); }

  absl::Status head() const {
    const auto name = module_name(&module_, image_);
    if (!name.ok()) return name.status();
    if (*name != name_)
      return refusal("the module in the place of \"{}\" calls itself \"{}\"; make both names the same", name_,
                     *name);
    if (!text(module_.version))
      return refusal("module \"{}\" has no version; set `version`, such as \"1.0.0\"", name_);
    if (module_.table == nullptr) return absl::OkStatus();
    const auto table = text(module_.table);
    if (!table)
      return refusal("module \"{}\" has an unreadable `table`; name one of game.toml or NULL", name_);
    return known_table(*table, "is split over the rows of");
  }

  absl::Status known_table(std::string_view table, std::string_view relation) const {
    if (game_.table(table) != nullptr) return absl::OkStatus();
    std::vector<std::string_view> names;
    for (const auto& known : game_.tables) names.push_back(known.name);
    return refusal("module \"{}\" {} table \"{}\", which {} does not have; {}", name_, relation, table,
                   game_.file, suggest(table, names));
  }

  template <class Function>
  bool optional_function(Function* function) const {
    return function == nullptr || holds(reinterpret_cast<const void*>(function), 1);
  }

  absl::Status functions() const {
    if (module_.step == nullptr) return refusal("module \"{}\" has no `step`; every module needs one", name_);
    if (optional_function(module_.step) && optional_function(module_.init) &&
        optional_function(module_.check) && optional_function(module_.migrate) &&
        optional_function(module_.dispose))
      return absl::OkStatus();
    return refusal("module \"{}\" has a function that lies outside of its image; point to its own functions",
                   name_);
  }

  template <class Element>
  absl::Status list(std::string_view what, const Element* elements, std::uint32_t count) const {
    if (count > list_size_max)
      return refusal("module \"{}\" declares {} {}, more than {}; check its count", name_, count, what,
                     list_size_max);
    if (count > 0 && !holds(elements, count * sizeof(Element)))
      return refusal("module \"{}\" declares {} {}, but the list is not in its image; set the pointer", name_,
                     count, what);
    return absl::OkStatus();
  }

  absl::Status lists() const {
    if (auto status = list("columns", module_.columns, module_.column_count); !status.ok()) return status;
    if (auto status = list("parameters", module_.parameters, module_.parameter_count); !status.ok())
      return status;
    if (auto status = list("imports", module_.imports, module_.import_count); !status.ok()) return status;
    return list("exports", module_.exports, module_.export_count);
  }

  absl::Status columns() const {
    std::map<column_key, int> seen;
    for (std::uint32_t i = 0; i < module_.column_count; ++i) {
      if (auto status = column(module_.columns[i], i); !status.ok()) return status;
      if (seen[key_of(module_.columns[i])]++ > 0)
        return refusal("module \"{}\" names column {} twice; remove one", name_,
                       to_string(key_of(module_.columns[i])));
    }
    return absl::OkStatus();
  }

  absl::Status column(const vesta_column& column, std::uint32_t place) const {
    const auto table = text(column.table), name = text(column.name);
    if (!table || !name || !is_name(*name))
      return refusal(
          "column {} of module \"{}\" has no table or no name; give both, a name with a letter first, then "
          "letters, digits and underscores, at most {} in all",
          place, name_, name_size_max);
    if (auto status = known_table(*table, fmt::format("names column \"{}\" of", *name)); !status.ok())
      return status;
    if (column.access < VESTA_READ || column.access > VESTA_OWN_CONST)
      return refusal(
          "module \"{}\" has the unknown access {} for column {}.{}; use VESTA_READ, VESTA_WRITE, VESTA_OWN "
          "or VESTA_OWN_CONST",
          name_, column.access, *table, *name);
    const auto* type = find_type(column.type);
    if (type == nullptr)
      return refusal("module \"{}\" has the unknown type {} for column {}.{}; use one of vesta_type", name_,
                     column.type, *table, *name);
    if (column.count > column_count_max)
      return refusal("module \"{}\" wants {} elements a row in column {}.{}; at most {} are possible", name_,
                     column.count, *table, *name, column_count_max);
    if (owns(column) && !vesta::holds(*type, column.initial))
      return refusal("column {}.{} of module \"{}\" is {} and cannot begin with {}; change `initial`", *table,
                     *name, name_, type->name, column.initial);
    return absl::OkStatus();
  }

  absl::Status parameters() const {
    std::vector<std::string_view> known;
    for (const auto& parameter : game_.parameters) known.push_back(parameter.name);
    for (std::uint32_t i = 0; i < module_.parameter_count; ++i) {
      const auto name = text(module_.parameters[i]);
      if (!name) return refusal("parameter {} of module \"{}\" has no name; give one", i, name_);
      if (std::find(known.begin(), known.end(), *name) == known.end())
        return refusal("module \"{}\" reads the parameter \"{}\", which is no number of {}; {}", name_, *name,
                       game_.file, suggest(*name, known));
    }
    return absl::OkStatus();
  }

  absl::Status services() const {
    for (std::uint32_t i = 0; i < module_.import_count; ++i)
      if (!text(module_.imports[i].name) || !text(module_.imports[i].signature))
        return refusal("import {} of module \"{}\" has no name or no signature; give both", i, name_);
    for (std::uint32_t i = 0; i < module_.export_count; ++i) {
      const auto& service = module_.exports[i];
      if (!text(service.name) || !text(service.signature))
        return refusal("export {} of module \"{}\" has no name or no signature; give both", i, name_);
      if (!holds(reinterpret_cast<const void*>(service.function), 1))
        return refusal("module \"{}\" exports {}, but the function is not in its image; set the pointer",
                       name_, service.name);
    }
    return absl::OkStatus();
  }

  const vesta_module& module_;
  std::string_view name_;
  const game_description& game_;
  const platform::address_range& image_;
};

using owned_map = std::map<column_key, column_shape>;

std::string owner_of(const column_shape& shape, const game_description& game) {
  return shape.owner.empty() ? game.file : fmt::format("module \"{}\"", shape.owner);
}

absl::StatusOr<owned_map> collect_owners(std::span<const vesta_module* const> modules,
                                         const game_description& game) {
  owned_map owned;
  for (auto& shape : shared_columns(game)) owned.emplace(shape.key, shape);
  for (const auto* module : modules) {
    for (auto& shape : owned_columns(*module)) {
      const auto [place, added] = owned.emplace(shape.key, shape);
      if (!added)
        return refusal(
            "module \"{}\" and {} both own column {}; declare it once, and VESTA_READ or VESTA_WRITE it "
            "elsewhere",
            module->name, owner_of(place->second, game), to_string(shape.key));
    }
  }
  return owned;
}

absl::Status check_use(const vesta_module& module, const vesta_column& column, const owned_map& owned,
                       const game_description& game) {
  const auto used = shape_of(column, module.name);
  const auto verb = column.access == VESTA_READ ? "reads" : "writes";
  const auto found = owned.find(used.key);
  if (found == owned.end()) {
    std::vector<std::string> names;
    for (const auto& [key, shape] : owned) names.push_back(to_string(key));
    return refusal("module \"{}\" {} column {}, which nobody owns; {}", module.name, verb,
                   to_string(used.key),
                   suggest(to_string(used.key), std::vector<std::string_view>(names.begin(), names.end())));
  }
  const auto& owner = found->second;
  if (!used.same_layout(owner))
    return refusal("module \"{}\" {} column {} as {}, but {} has it as {}; make both the same", module.name,
                   verb, to_string(used.key), type_of(used), owner_of(owner, game), type_of(owner));
  if (column.access == VESTA_WRITE && !owner.owner.empty())
    return refusal(
        "module \"{}\" writes column {}, which {} owns; declare it in {} under [tables.{}.columns.{}] to "
        "share it",
        module.name, to_string(used.key), owner_of(owner, game), game.file, used.key.table, used.key.column);
  return absl::OkStatus();
}

struct exporter {
  std::string_view module, signature;
};
using export_map = std::map<std::string_view, exporter>;

absl::Status check_imports(const vesta_module& module, const export_map& exports) {
  for (std::uint32_t i = 0; i < module.import_count; ++i) {
    const auto& wanted = module.imports[i];
    const auto found = exports.find(wanted.name);
    if (found == exports.end()) {
      std::vector<std::string_view> names;
      for (const auto& [name, from] : exports) names.push_back(name);
      return refusal("module \"{}\" imports {}, which no module exports; {}", module.name, wanted.name,
                     suggest(wanted.name, names));
    }
    if (found->second.signature != wanted.signature)
      return refusal("module \"{}\" imports {} as {}, but module \"{}\" exports it as {}; make both the same",
                     module.name, wanted.name, wanted.signature, found->second.module,
                     found->second.signature);
  }
  return absl::OkStatus();
}

absl::StatusOr<export_map> collect_exports(std::span<const vesta_module* const> modules) {
  export_map exports;
  for (const auto* module : modules) {
    for (std::uint32_t i = 0; i < module->export_count; ++i) {
      const auto& service = module->exports[i];
      const auto [place, added] = exports.emplace(service.name, exporter{module->name, service.signature});
      if (!added)
        return refusal("module \"{}\" and module \"{}\" both export {}; rename one", place->second.module,
                       module->name, service.name);
    }
  }
  return exports;
}

} // namespace

absl::StatusOr<std::string_view> module_name(const vesta_module* module,
                                             const platform::address_range& image) {
  if (!lies_in(image, module, offsetof(vesta_module, size) + sizeof module->size))
    return refusal(
        "a module has no descriptor in its image; return the address of a static vesta_module from "
        "vesta_module_entry");
  if (module->abi != VESTA_MODULE_ABI)
    return refusal("a module was built for module interface {} and this host has {}; rebuild it", module->abi,
                   VESTA_MODULE_ABI);
  if (module->size < sizeof(vesta_module) || !lies_in(image, module, sizeof(vesta_module)))
    return refusal(
        "a module has a descriptor of {} bytes and this host needs {}; rebuild it against this host's "
        "vesta/module.h and set `size` to sizeof(vesta_module)",
        module->size, sizeof(vesta_module));
  const auto name = text_in(image, module->name);
  if (!name) return refusal("a module has no readable name of 1 to {} bytes; set `name`", text_size_max);
  return *name;
}

absl::Status check_module(const vesta_module* module, std::string_view name, const game_description& game,
                          const platform::address_range& image) {
  if (auto own = module_name(module, image); !own.ok()) return own.status();
  return inspector(*module, name, game, image).inspect();
}

absl::Status check_modules(std::span<const vesta_module* const> modules, const game_description& game) {
  const auto owned = collect_owners(modules, game);
  if (!owned.ok()) return owned.status();
  const auto exports = collect_exports(modules);
  if (!exports.ok()) return exports.status();
  for (const auto* module : modules) {
    for (std::uint32_t i = 0; i < module->column_count; ++i) {
      const auto& column = module->columns[i];
      if (owns(column)) continue;
      if (auto status = check_use(*module, column, *owned, game); !status.ok()) return status;
    }
    if (auto status = check_imports(*module, *exports); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::vector<column_shape> owned_columns(const vesta_module& module) {
  std::vector<column_shape> shapes;
  for (std::uint32_t i = 0; i < module.column_count; ++i)
    if (owns(module.columns[i])) shapes.push_back(shape_of(module.columns[i], module.name));
  return shapes;
}

std::vector<column_shape> shared_columns(const game_description& game) {
  std::vector<column_shape> shapes;
  for (const auto& table : game.tables)
    for (const auto& column : table.columns)
      shapes.push_back({{table.name, column.name}, "", column.type, column.count, column.initial, false});
  return shapes;
}

std::uint64_t interface_hash(const vesta_module& module) {
  std::vector<std::string> lines;
  for (std::uint32_t i = 0; i < module.export_count; ++i)
    lines.push_back(fmt::format("{} {}\n", module.exports[i].name, module.exports[i].signature));
  std::sort(lines.begin(), lines.end());
  std::uint64_t hash = 0;
  for (const auto& line : lines) hash = XXH3_64bits_withSeed(line.data(), line.size(), hash);
  return hash;
}

} // namespace vesta
