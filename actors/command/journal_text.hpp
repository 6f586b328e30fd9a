#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vesta/actors/command/console.hpp"
#include "vesta/runtime/journal_record.hpp"

namespace vesta::command {

/// Nanoseconds since 1970 of a date, with or without a time of day, in UTC; or of an age (90s, 15m, 2h, 3d)
/// before `now`.
std::optional<std::int64_t> read_time(std::string_view text, std::int64_t wall_now_ns);

/// A record as one line for people, control characters shown as blanks.
std::string journal_line(const journal_row& row, const console& to);
/// The names of the columns, and a record, as lines of CSV (RFC 4180).
std::string journal_csv_header();
std::string journal_csv(const journal_row& row);
/// A record as a JSON object without a line break; bytes that are no UTF-8 become U+FFFD.
std::string journal_json(const journal_row& row);

} // namespace vesta::command
