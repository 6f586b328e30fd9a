#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <toml++/toml.h>
#include <vector>

namespace vesta {

/// Parses a TOML text; an error is a sentence with file and line.
absl::StatusOr<toml::table> parse_toml(std::string_view text, const std::string& file);

/// The first error of a file that is being read; what is read after it does not matter.
struct toml_errors {
  std::string file;
  absl::Status status = absl::OkStatus();

  void add(const toml::node& at, std::string_view sentence);
  /// "file:line", or the file alone for what has no line.
  std::string place(const toml::node& at) const;
};

/// One table of a TOML file with readers that say what is wrong: of the wrong kind, missing, unknown. A
/// reader that fails adds to the errors and returns an empty value. It refers to the parsed file and the
/// errors.
class toml_section {
public:
  /// `title` is how messages call the section, such as "[frame]".
  toml_section(const toml::table& table, std::string name, std::string title, toml_errors& errors);

  const std::string& name() const { return name_; }
  bool has(std::string_view key) const { return table_.contains(key); }
  std::vector<std::string> keys() const; ///< in the order of the file

  /// Refuses every key but these.
  void allow(std::initializer_list<std::string_view> keys) const;
  /// A number, finite; required without a fallback.
  double number(std::string_view key, std::optional<double> fallback = {}) const;
  /// A whole number from `min` to `max`; required without a fallback.
  std::uint64_t whole(std::string_view key, std::uint64_t min, std::uint64_t max,
                      std::optional<std::uint64_t> fallback = {}) const;
  /// A text; required without a fallback.
  std::string text(std::string_view key, std::optional<std::string> fallback = {}) const;
  /// A list of texts; missing is empty.
  std::vector<std::string> texts(std::string_view key) const;
  bool is_text(std::string_view key) const { return table_[key].is_string(); }

  /// The table under `key`, empty where it is missing.
  toml_section section(std::string_view key) const;
  /// The tables under the table `key`, in the order of the file.
  std::vector<toml_section> sections(std::string_view key) const;
  /// The tables of the array `key`.
  std::vector<toml_section> list(std::string_view key) const;

  /// Adds an error at the key, or at the section where it is missing.
  void fail(std::string_view key, std::string_view sentence) const;
  /// Where the key stands, or the section where it is missing: "game.toml:12".
  std::string place(std::string_view key) const;

private:
  toml_section child(const toml::node& node, std::string name, std::string title) const;
  const toml::node* find(std::string_view key, bool required) const;
  void wrong_kind(const toml::node& node, std::string_view key, std::string_view wanted) const;

  const toml::table& table_;
  std::string name_, title_;
  toml_errors& errors_;
};

} // namespace vesta
