#include "vesta/runtime/game.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <limits>

#include "vesta/runtime/nearest.hpp"
#include "vesta/runtime/toml_section.hpp"
#include "vesta/runtime/value_type.hpp"

namespace vesta {
namespace {

constexpr std::uint64_t game_file_size_max = 1 << 20;
constexpr std::uint64_t data_file_size_max = 1 << 30;

template <class T>
const T* find(const std::vector<T>& all, std::string_view name) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const T& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

/// Names of all that a parameter can be: numbers, then files.
std::vector<std::string_view> parameter_names(const game_description& game, bool with_files) {
  std::vector<std::string_view> names;
  for (const auto& parameter : game.parameters) names.push_back(parameter.name);
  if (with_files)
    for (const auto& file : game.files) names.push_back(file.name);
  return names;
}

void check_name(const toml_section& section, std::string_view what, std::string_view key) {
  const std::string name = key.empty() ? section.name() : section.text(key);
  if (is_name(name)) return;
  section.fail(key, fmt::format("\"{}\" cannot be the name of a {}; use a letter, then letters, digits and "
                                "underscores, at most {} in all",
                                name, what, name_size_max));
}

void read_file_parameter(const toml_section& section, game_description& game) {
  section.allow({"file", "about"});
  auto path = section.text("file");
  const auto slash = game.file.rfind('/');
  if (!path.empty() && path.front() != '/' && slash != std::string::npos)
    path = game.file.substr(0, slash + 1) + path;
  game.files.push_back({section.name(), std::move(path), section.text("about", "")});
}

void read_number_parameter(const toml_section& section, game_description& game) {
  section.allow({"default", "min", "max", "unit", "about", "file"});
  constexpr double most = std::numeric_limits<double>::max();
  game_parameter parameter;
  parameter.name = section.name();
  parameter.value = section.number("default");
  parameter.min = section.number("min", -most);
  parameter.max = section.number("max", most);
  parameter.unit = section.text("unit", "");
  parameter.about = section.text("about", "");
  if (parameter.min > parameter.max)
    section.fail("min", fmt::format("parameter \"{}\" has a min of {} above its max of {}; exchange them",
                                    parameter.name, parameter.min, parameter.max));
  if (parameter.value < parameter.min || parameter.value > parameter.max)
    section.fail("default", fmt::format("parameter \"{}\" has the default {}, outside of its bounds {} to {}",
                                        parameter.name, parameter.value, parameter.min, parameter.max));
  game.parameters.push_back(std::move(parameter));
}

void read_column(const toml_section& section, game_table& table) {
  section.allow({"type", "count", "initial"});
  check_name(section, "column", "");
  const auto type_name = section.text("type");
  const auto* type = find_type(type_name);
  if (type == nullptr) {
    section.fail("type",
                 fmt::format("column {}.{} has the unknown type \"{}\"; use one of i8, u8, i16, u16, i32, "
                             "u32, i64, u64, f32 and f64",
                             table.name, section.name(), type_name));
    return;
  }
  const auto count = static_cast<std::uint32_t>(section.whole("count", 1, column_count_max, 1));
  const double initial = section.number("initial", 0.0);
  if (!holds(*type, initial))
    section.fail("initial", fmt::format("column {}.{} is {} and cannot begin with {}", table.name,
                                        section.name(), type->name, initial));
  table.columns.push_back({section.name(), type->type, count, initial});
}

/// Makes a parameter the number of a table's rows, if it can be that.
void read_rows_parameter(const toml_section& section, game_description& game, game_table& table) {
  table.rows_parameter = section.text("rows");
  const auto names = parameter_names(game, false);
  const auto place = std::find(names.begin(), names.end(), table.rows_parameter);
  if (place == names.end()) {
    section.fail("rows",
                 fmt::format("table \"{}\" takes its rows from \"{}\", which is no numeric parameter; {}",
                             table.name, table.rows_parameter, suggest(table.rows_parameter, names)));
    return;
  }
  auto& parameter = game.parameters[static_cast<std::size_t>(place - names.begin())];
  parameter.sets_rows = true;
  if (parameter.min < 1 || parameter.max > static_cast<double>(rows_max))
    section.fail("rows",
                 fmt::format("parameter \"{}\" gives the rows of table \"{}\", so its min has to be at least "
                             "1 and its max at most {}",
                             parameter.name, table.name, rows_max));
  if (parameter.value != std::floor(parameter.value))
    section.fail("rows",
                 fmt::format("parameter \"{}\" gives the rows of table \"{}\", so its default has to be a "
                             "whole number, not {}",
                             parameter.name, table.name, parameter.value));
}

void read_table(const toml_section& section, game_description& game) {
  section.allow({"rows", "columns"});
  check_name(section, "table", "");
  game_table table;
  table.name = section.name();
  if (section.is_text("rows")) {
    read_rows_parameter(section, game, table);
  } else {
    table.rows = section.whole("rows", 1, rows_max);
  }
  for (const auto& column : section.sections("columns")) read_column(column, table);
  game.tables.push_back(std::move(table));
}

void read_module(const toml_section& section, game_description& game) {
  section.allow({"name", "source", "flags"});
  check_name(section, "module", "name");
  game_module module{section.text("name"), section.text("source"), section.texts("flags")};
  if (find(game.modules, module.name) != nullptr)
    section.fail("name", fmt::format("there are two modules named \"{}\"; rename one", module.name));
  if (module.source.empty() || module.source.front() == '/' || module.source.find("..") != std::string::npos)
    section.fail("source",
                 fmt::format("module \"{}\" has the source \"{}\"; give a path inside of the game's folder, "
                             "such as \"modules/{}.cpp\"",
                             module.name, module.source, module.name));
  game.modules.push_back(std::move(module));
}

void read_frame(const toml_section& section, game_description& game) {
  section.allow({"rate_hz", "budget_ms"});
  game.rate_hz = section.number("rate_hz", 60.0);
  if (!(game.rate_hz > 0 && game.rate_hz <= 1000)) {
    section.fail("rate_hz",
                 fmt::format("\"rate_hz\" has to be above 0 and at most 1000, not {}", game.rate_hz));
    return;
  }
  game.budget_ms = section.number("budget_ms", 1000.0 / game.rate_hz);
  if (!(game.budget_ms > 0))
    section.fail("budget_ms", fmt::format("\"budget_ms\" has to be above 0, not {}", game.budget_ms));
}

absl::Status outside(const game_parameter& parameter, std::string_view place, double value) {
  return absl::InvalidArgumentError(
      fmt::format("{}: {} = {} is outside of its bounds {} to {}{}{}; choose a value in "
                  "between",
                  place, parameter.name, value, parameter.min, parameter.max,
                  parameter.unit.empty() ? "" : " ", parameter.unit));
}

std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value)) return {};
  return value;
}

absl::Status override_number(game_parameter& parameter, std::string_view text) {
  const auto value = parse_number(text);
  if (!value)
    return absl::InvalidArgumentError(
        fmt::format("--set {}={}: \"{}\" is not a number; write it such as {}={}", parameter.name, text, text,
                    parameter.name, parameter.value));
  if (*value < parameter.min || *value > parameter.max) return outside(parameter, "--set", *value);
  if (parameter.sets_rows && *value != std::floor(*value))
    return absl::InvalidArgumentError(
        fmt::format("--set {}={}: it is a number of rows; give a whole number", parameter.name, text));
  parameter.value = *value;
  parameter.given = true;
  return absl::OkStatus();
}

} // namespace

const game_parameter* game_description::parameter(std::string_view wanted) const {
  return find(parameters, wanted);
}
const game_table* game_description::table(std::string_view wanted) const { return find(tables, wanted); }
const game_module* game_description::module(std::string_view wanted) const { return find(modules, wanted); }

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto inner = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
  return !text.empty() && text.size() <= name_size_max && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), inner);
}

absl::StatusOr<game_description> parse_game(std::string_view text, const std::string& file) {
  const auto parsed = parse_toml(text, file);
  if (!parsed.ok()) return parsed.status();
  toml_errors errors{file, {}};
  const toml_section top(*parsed, "", "the file", errors);
  game_description game;
  game.file = file;
  top.allow({"name", "tuning", "frame", "parameters", "tables", "modules"});
  check_name(top, "game", "name");
  game.name = top.text("name");
  game.tuning = top.text("tuning", "");
  read_frame(top.section("frame"), game);
  for (const auto& section : top.sections("parameters")) {
    check_name(section, "parameter", "");
    section.has("file") ? read_file_parameter(section, game) : read_number_parameter(section, game);
  }
  for (const auto& section : top.sections("tables")) read_table(section, game);
  for (const auto& section : top.list("modules")) read_module(section, game);
  if (game.modules.empty())
    top.fail("modules", "the game has no modules; add one with [[modules]], name and source");
  if (!errors.status.ok()) return errors.status;
  return game;
}

absl::StatusOr<game_description> read_game(const platform::file_system& files, const std::string& folder) {
  const auto path = folder + "/game.toml";
  const auto text = files.read(path, game_file_size_max);
  if (!text.ok()) return text.status();
  return parse_game(*text, path);
}

absl::Status apply_override(game_description& game, std::string_view name_and_value) {
  const auto equals = name_and_value.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return absl::InvalidArgumentError(fmt::format("--set {}: write it as NAME=VALUE", name_and_value));
  const auto name = name_and_value.substr(0, equals), value = name_and_value.substr(equals + 1);
  for (auto& parameter : game.parameters)
    if (parameter.name == name) return override_number(parameter, value);
  for (auto& file : game.files) {
    if (file.name != name) continue;
    file.path = value;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(fmt::format("--set {}: the game \"{}\" has no parameter \"{}\"; {}",
                                                name_and_value, game.name, name,
                                                suggest(name, parameter_names(game, true))));
}

absl::StatusOr<parameter_values> parse_tuning(std::string_view text, const std::string& file,
                                              const game_description& game) {
  const auto parsed = parse_toml(text, file);
  if (!parsed.ok()) return parsed.status();
  toml_errors errors{file, {}};
  const toml_section top(*parsed, "", "the file", errors);
  parameter_values values;
  for (const auto& parameter : game.parameters) values[parameter.name] = parameter.value;
  for (const auto& key : top.keys()) {
    const auto* parameter = game.parameter(key);
    if (parameter == nullptr) {
      top.fail(key, fmt::format("\"{}\" is no numeric parameter of the game \"{}\"; {}", key, game.name,
                                suggest(key, parameter_names(game, false))));
      break;
    }
    const double value = top.number(key);
    if (parameter->sets_rows)
      top.fail(
          key,
          fmt::format("\"{}\" is a number of rows and fixed when the game begins; give it with --set", key));
    if (value < parameter->min || value > parameter->max)
      top.fail(key, fmt::format("{} = {} is outside of its bounds {} to {}; choose a value in between", key,
                                value, parameter->min, parameter->max));
    if (!parameter->given) values[key] = value;
  }
  if (!errors.status.ok()) return errors.status;
  return values;
}

absl::Status check_parameter(const game_description& game, std::string_view name, double value) {
  const auto* parameter = game.parameter(name);
  if (parameter == nullptr)
    return absl::InvalidArgumentError(fmt::format("there is no numeric parameter \"{}\"", name));
  if (parameter->sets_rows && value != parameter->value)
    return absl::InvalidArgumentError(fmt::format(
        "\"{}\" is a number of rows and fixed when the game begins; start it again to change it", name));
  if (value >= parameter->min && value <= parameter->max) return absl::OkStatus();
  return absl::InvalidArgumentError(
      fmt::format("{} = {} is outside of its bounds {} to {}; choose a value in between", name, value,
                  parameter->min, parameter->max));
}

std::uint64_t row_count(const game_description& game, const game_table& table) {
  if (table.rows_parameter.empty()) return table.rows;
  return static_cast<std::uint64_t>(game.parameter(table.rows_parameter)->value);
}

absl::StatusOr<std::map<std::string, std::string, std::less<>>> read_files(const platform::file_system& files,
                                                                           const game_description& game) {
  std::map<std::string, std::string, std::less<>> contents;
  for (const auto& file : game.files) {
    if (file.path.empty()) continue;
    auto bytes = files.read(file.path, data_file_size_max);
    if (!bytes.ok())
      return absl::Status(bytes.status().code(),
                          fmt::format("{}: {}; name another file with --set {}=FILE or in game.toml",
                                      file.name, std::string(bytes.status().message()), file.name));
    contents.emplace(file.name, *std::move(bytes));
  }
  return contents;
}

} // namespace vesta
