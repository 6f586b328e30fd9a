#include "vesta/actors/command/core_table.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vesta::command {
namespace {

constexpr std::size_t columns = 6;
using core_cells = std::array<std::string, columns>;

std::string class_of(const platform::core_row& core) {
  if (core.performance && core.efficiency) return "both";
  if (core.performance) return "performance";
  return core.efficiency ? "efficiency" : "-";
}

core_cells cells_of(const platform::core_row& core) {
  return {std::to_string(core.id),
          class_of(core),
          core.kind.empty() ? "-" : core.kind,
          core.rank < 0 ? "-" : std::to_string(core.rank),
          core.siblings.empty() ? "-" : fmt::format("{}", fmt::join(core.siblings, ",")),
          core.unused.empty() ? "in use" : "not in use: " + core.unused};
}

} // namespace

std::vector<std::string> core_table(const std::vector<platform::core_row>& cores) {
  std::vector<core_cells> lines = {{"core", "class", "kind", "rank", "siblings", ""}};
  for (const auto& core : cores) lines.push_back(cells_of(core));
  std::array<std::size_t, columns> widths{};
  for (const auto& cells : lines)
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], cells[i].size());
  std::vector<std::string> table;
  for (const auto& cells : lines) {
    std::string text;
    for (std::size_t i = 0; i < columns; ++i) text += fmt::format("{:<{}}", cells[i], widths[i] + 2);
    text.erase(text.find_last_not_of(' ') + 1);
    table.push_back(std::move(text));
  }
  return table;
}

} // namespace vesta::command
