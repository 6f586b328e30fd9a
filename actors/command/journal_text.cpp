#include "vesta/actors/command/journal_text.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "vesta/messages/errors.hpp"
#include "vesta/platform/clock.hpp"

namespace vesta::command {
namespace {

using namespace std::chrono;

constexpr std::int64_t second_ns = 1'000'000'000;

std::string code_text(std::int64_t code) {
  return code >= 0 && code <= 0xffff ? to_string(static_cast<error_code>(code)) : std::to_string(code);
}

/// The whole number that `text` is; nothing else may be in it.
std::optional<int> whole_number(std::string_view text) {
  int value = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end || value < 0) return std::nullopt;
  return value;
}

std::optional<std::int64_t> read_age(std::string_view text) {
  constexpr std::pair<char, std::int64_t> units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}};
  if (text.size() < 2) return std::nullopt;
  const auto count = whole_number(text.substr(0, text.size() - 1));
  const auto* unit = std::ranges::find(units, text.back(), &std::pair<char, std::int64_t>::first);
  if (!count || unit == std::end(units) || *count > 50'000) return std::nullopt;
  return *count * unit->second * second_ns;
}

/// "HH:MM" or "HH:MM:SS", in nanoseconds.
std::optional<std::int64_t> read_day_time(std::string_view text) {
  if ((text.size() != 5 && text.size() != 8) || text[2] != ':' || (text.size() == 8 && text[5] != ':'))
    return std::nullopt;
  const auto h = whole_number(text.substr(0, 2)), m = whole_number(text.substr(3, 2));
  const auto s = text.size() == 8 ? whole_number(text.substr(6)) : 0;
  if (!h || !m || !s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
  return (*h * 3600LL + *m * 60LL + *s) * second_ns;
}

std::string quoted(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string made = "\"";
  for (const char letter : text) made += letter == '"' ? "\"\"" : std::string(1, letter);
  return made + "\"";
}

} // namespace

std::optional<std::int64_t> read_time(std::string_view text, std::int64_t wall_now_ns) {
  if (const auto age = read_age(text)) return wall_now_ns - *age;
  if (text.size() > 10 && text.back() == 'Z') text.remove_suffix(1);
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto y = whole_number(text.substr(0, 4)), m = whole_number(text.substr(5, 2));
  const auto d = whole_number(text.substr(8, 2));
  if (!y || !m || !d || *y < 1970 || *y > 2200) return std::nullopt;
  const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
  if (!date.ok()) return std::nullopt;
  const auto midnight = nanoseconds(sys_days{date}.time_since_epoch()).count();
  if (text.size() == 10) return midnight;
  if (text[10] != 'T' && text[10] != ' ') return std::nullopt;
  const auto time = read_day_time(text.substr(11));
  if (!time) return std::nullopt;
  return midnight + *time;
}

std::string journal_line(const journal_row& row, const console& to) {
  std::string who(row.actor);
  if (row.incarnation > 0) who += fmt::format("/{}", row.incarnation);
  auto line =
      fmt::format("{:>6}  {}  {:<9}  {:<20}", row.number, platform::utc_text(row.wall_ns), row.kind, who);
  if (!row.recovery.empty()) line += fmt::format("  [{}]", row.recovery);
  if (row.code != 0) line += "  " + code_text(row.code);
  if (!row.text.empty()) line += fmt::format("  {}", row.text);
  for (auto& letter : line)
    if (static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f) letter = ' ';
  const bool bad = row.kind == name_of(journal_kind::failure) ||
                   row.kind == name_of(journal_kind::escalated) || row.kind == name_of(journal_kind::lost) ||
                   row.kind == name_of(journal_kind::unclean);
  return (bad ? to.bad(line) : line) + "\n";
}

std::string journal_csv_header() {
  return "number,time,wall_ns,steady_ns,kind,actor,incarnation,code,recovery,text\r\n";
}

std::string journal_csv(const journal_row& row) {
  return fmt::format("{},{},{},{},{},{},{},{},{},{}\r\n", row.number, platform::utc_text(row.wall_ns),
                     row.wall_ns, row.steady_ns, quoted(row.kind), quoted(row.actor), row.incarnation,
                     row.code, quoted(row.recovery), quoted(row.text));
}

std::string journal_json(const journal_row& row) {
  const nlohmann::ordered_json object = {{"number", row.number},
                                         {"time", platform::utc_text(row.wall_ns)},
                                         {"wall_ns", row.wall_ns},
                                         {"steady_ns", row.steady_ns},
                                         {"kind", row.kind},
                                         {"actor", row.actor},
                                         {"incarnation", row.incarnation},
                                         {"code", row.code},
                                         {"recovery", row.recovery},
                                         {"text", row.text}};
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace vesta::command
