#pragma once

#include <fmt/format.h>
#include <string>
#include <vector>

#include "platform/compiled_module.hpp"
#include "vesta/runtime/journal.hpp"
#include "vesta/runtime/journal_reader.hpp"

namespace vesta::test {

/// A record that owns its texts.
struct kept_record {
  std::int64_t number, wall_ns, steady_ns, incarnation, code;
  std::string kind, actor, recovery, text;

  explicit kept_record(const journal_row& row)
      : number(row.number), wall_ns(row.wall_ns), steady_ns(row.steady_ns), incarnation(row.incarnation),
        code(row.code), kind(row.kind), actor(row.actor), recovery(row.recovery), text(row.text) {}
  std::string line() const {
    return fmt::format("{} {} {}/{} 0x{:04x} {}: {}", number, kind, actor, incarnation, code, recovery, text);
  }
};

/// A journal in a directory of its own. A real file: SQLite reaches it by itself.
class journal_file {
public:
  std::string path() const { return folder_ / "journal"; }

  /// Opens the journal, appends a record with each text, and closes it.
  void write(const std::vector<std::string>& texts) const {
    const auto book = journal::open(path());
    INFO(book.status().message());
    REQUIRE(book.ok());
    for (const auto& text : texts) (*book)->append({.actor = "a", .text = text, .recovery = ""});
  }
  std::vector<kept_record> records(const journal_filter& filter = {}) const {
    std::vector<kept_record> found;
    const auto status = read_journal(path(), filter, [&](const auto& row) { found.emplace_back(row); });
    INFO(status.message());
    REQUIRE(status.ok());
    return found;
  }
  std::vector<std::string> texts(const journal_filter& filter = {}) const {
    std::vector<std::string> found;
    for (const auto& each : records(filter)) found.push_back(each.text);
    return found;
  }
  /// What `verify_journal` says.
  std::string verdict() const {
    const auto found = verify_journal(path());
    INFO(found.status().message());
    REQUIRE(found.ok());
    CHECK(found->holds == found->text.starts_with("the chain holds"));
    return found->text;
  }

private:
  scratch_directory folder_;
};

} // namespace vesta::test
