#include "vesta/runtime/toml_section.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

#include "vesta/runtime/nearest.hpp"

namespace vesta {
namespace {

const toml::table no_table;

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
  case toml::node_type::table:
    return "a table";
  case toml::node_type::array:
    return "a list";
  case toml::node_type::string:
    return "a text";
  case toml::node_type::integer:
  case toml::node_type::floating_point:
    return "a number";
  case toml::node_type::boolean:
    return "true or false";
  default:
    return "a date or time";
  }
}

} // namespace

absl::StatusOr<toml::table> parse_toml(std::string_view text, const std::string& file) {
  try {
    return toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        fmt::format("{}:{}: this is not TOML: {}", file, error.source().begin.line, error.description()));
  }
}

void toml_errors::add(const toml::node& at, std::string_view sentence) {
  if (status.ok()) status = absl::InvalidArgumentError(fmt::format("{}: {}", place(at), sentence));
}

std::string toml_errors::place(const toml::node& at) const {
  // What toml++ makes up for a missing table has no line.
  const auto line = at.source().begin.line;
  return line == 0 ? file : fmt::format("{}:{}", file, line);
}

toml_section::toml_section(const toml::table& table, std::string name, std::string title, toml_errors& errors)
    : table_(table), name_(std::move(name)), title_(std::move(title)), errors_(errors) {}

std::vector<std::string> toml_section::keys() const {
  std::vector<std::pair<toml::source_position, std::string>> found;
  for (const auto& [key, node] : table_) found.emplace_back(key.source().begin, std::string(key.str()));
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (auto& [position, key] : found) names.push_back(std::move(key));
  return names;
}

void toml_section::allow(std::initializer_list<std::string_view> known) const {
  for (const auto& key : keys()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    fail(key, fmt::format("unknown key \"{}\" in {}; {}", key, title_,
                          suggest(key, std::span(known.begin(), known.size()))));
  }
}

const toml::node* toml_section::find(std::string_view key, bool required) const {
  const auto* node = table_.get(key);
  if (node == nullptr && required) fail(key, fmt::format("{} has no \"{}\"; add it", title_, key));
  return node;
}

double toml_section::number(std::string_view key, std::optional<double> fallback) const {
  const auto* node = find(key, !fallback);
  if (node == nullptr) return fallback.value_or(0);
  if (!node->is_number()) {
    wrong_kind(*node, key, "a number");
    return 0;
  }
  const double value = node->value<double>().value_or(NAN);
  if (!std::isfinite(value)) fail(key, fmt::format("\"{}\" in {} has to be a finite number", key, title_));
  return value;
}

std::uint64_t toml_section::whole(std::string_view key, std::uint64_t min, std::uint64_t max,
                                  std::optional<std::uint64_t> fallback) const {
  const auto* node = find(key, !fallback);
  if (node == nullptr) return fallback.value_or(0);
  const auto value = node->is_integer() ? node->value<std::int64_t>() : std::nullopt;
  if (value && *value >= 0 && static_cast<std::uint64_t>(*value) >= min &&
      static_cast<std::uint64_t>(*value) <= max)
    return static_cast<std::uint64_t>(*value);
  wrong_kind(*node, key, fmt::format("a whole number from {} to {}", min, max));
  return 0;
}

std::string toml_section::text(std::string_view key, std::optional<std::string> fallback) const {
  const auto* node = find(key, !fallback);
  if (node == nullptr) return fallback.value_or("");
  if (const auto value = node->value_exact<std::string>()) return *value;
  wrong_kind(*node, key, "a text in quotes");
  return {};
}

std::vector<std::string> toml_section::texts(std::string_view key) const {
  std::vector<std::string> found;
  const auto* node = find(key, false);
  if (node == nullptr) return found;
  const auto* array = node->as_array();
  if (array == nullptr || !(array->empty() || array->is_homogeneous<std::string>())) {
    wrong_kind(*node, key, "a list of texts");
    return found;
  }
  for (const auto& element : *array) found.push_back(*element.value_exact<std::string>());
  return found;
}

toml_section toml_section::section(std::string_view key) const {
  const auto title = fmt::format("[{}]", key);
  const auto* node = find(key, false);
  return node != nullptr ? child(*node, std::string(key), title)
                         : toml_section(no_table, std::string(key), title, errors_);
}

std::vector<toml_section> toml_section::sections(std::string_view key) const {
  std::vector<toml_section> found;
  const auto* node = find(key, false);
  if (node == nullptr) return found;
  const auto prefix = title_.front() == '[' ? title_.substr(1, title_.size() - 2) + "." : "";
  const auto outer = child(*node, std::string(key), fmt::format("[{}{}]", prefix, key));
  for (auto& name : outer.keys()) {
    auto title = fmt::format("[{}{}.{}]", prefix, key, name);
    found.push_back(outer.child(*outer.table_.get(name), name, std::move(title)));
  }
  return found;
}

std::vector<toml_section> toml_section::list(std::string_view key) const {
  std::vector<toml_section> found;
  const auto* node = find(key, false);
  if (node == nullptr) return found;
  const auto* array = node->as_array();
  if (array == nullptr) {
    fail(key, fmt::format("\"{}\" has to be a list of tables; begin each with [[{}]]", key, key));
    return found;
  }
  for (const auto& element : *array)
    found.push_back(child(element, std::string(key), fmt::format("[[{}]]", key)));
  return found;
}

void toml_section::fail(std::string_view key, std::string_view sentence) const {
  const auto* node = table_.get(key);
  errors_.add(node != nullptr ? *node : table_, sentence);
}

std::string toml_section::place(std::string_view key) const {
  const auto* node = table_.get(key);
  return errors_.place(node != nullptr ? *node : table_);
}

toml_section toml_section::child(const toml::node& node, std::string name, std::string title) const {
  if (const auto* table = node.as_table()) return {*table, std::move(name), std::move(title), errors_};
  errors_.add(node, fmt::format("{} has to be a table, not {}", title, kind_of(node)));
  return {no_table, std::move(name), std::move(title), errors_};
}

void toml_section::wrong_kind(const toml::node& node, std::string_view key, std::string_view wanted) const {
  std::string is{kind_of(node)};
  if (const auto value = node.value<double>(); value && node.is_number()) is = fmt::format("{}", *value);
  errors_.add(node, fmt::format("\"{}\" in {} has to be {}, not {}", key, title_, wanted, is));
}

} // namespace vesta
