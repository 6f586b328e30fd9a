#include "vesta/actors/command/journal_command.hpp"

#include <charconv>
#include <fmt/format.h>
#include <vector>

#include "vesta/actors/command/figures.hpp"
#include "vesta/actors/command/journal_text.hpp"
#include "vesta/runtime/nearest.hpp"

namespace vesta::command {
namespace {

absl::StatusOr<error_code> read_code(const std::string& text) {
  std::vector<std::string_view> names;
  for (const auto& row : error_table()) {
    if (row.name == text) return row.code;
    names.push_back(row.name);
  }
  const bool is_hex = text.starts_with("0x");
  std::uint16_t number = 0;
  const auto* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + (is_hex ? 2 : 0), end, number, is_hex ? 16 : 10);
  if (parsed.ec == std::errc() && parsed.ptr == end) return static_cast<error_code>(number);
  return absl::InvalidArgumentError(
      fmt::format("--code {}: give a number such as 0x3501, or a name of `vesta errors`; {}", text,
                  suggest(text, names)));
}

absl::Status read_limit(std::string_view option, const std::string& text, std::int64_t wall_now_ns,
                        std::optional<std::int64_t>& limit) {
  if (text.empty()) return absl::OkStatus();
  limit = read_time(text, wall_now_ns);
  if (limit) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("{} {}: there is no such time; give one such as "
                                                "2026-11-21T14:10:00 (UTC) or 2026-11-21, or an age such as "
                                                "90s, 15m, 2h, 3d",
                                                option, text));
}

absl::StatusOr<int> verify(const std::string& file, const console& to) {
  const auto found = verify_journal(file);
  if (!found.ok()) return found.status();
  to.out << (found->holds ? to.good("ok") : to.bad("broken")) << "  " << found->text << "\n";
  if (found->last > 0) to.out << "hash of record " << found->last << ": " << to_hex(found->hash) << "\n";
  return found->holds ? as_expected : not_as_expected;
}

/// After what could be read of it was handed out: a warning where the file is not as it was written.
absl::StatusOr<int> status_after(const absl::Status& reading, const std::string& file, const console& to) {
  if (!reading.ok() && !absl::IsDataLoss(reading)) return reading;
  const auto found = verify_journal(file);
  if (!found.ok()) return found.status();
  if (found->holds) return as_expected;
  to.out << std::flush;
  to.err << fmt::format("vesta: {}: what is shown may be wrong, or not all: {}{}\n", file, found->text,
                        reading.ok() ? "; look for a copy of it" : "");
  return not_as_expected;
}

absl::StatusOr<int> show(const std::string& file, const journal_filter& filter, const console& to) {
  std::uint64_t shown = 0;
  const auto status = read_journal(file, filter, [&](const journal_row& row) {
    to.out << journal_line(row, to);
    ++shown;
  });
  if (status.ok() || shown > 0) to.out << to.dim(counted(shown, "record")) << "\n";
  return status_after(status, file, to);
}

absl::StatusOr<int> export_csv(const std::string& file, const journal_filter& filter, const console& to) {
  bool begun = false;
  const auto begin = [&] {
    if (!std::exchange(begun, true)) to.out << journal_csv_header();
  };
  const auto status = read_journal(file, filter, [&](const journal_row& row) {
    begin();
    to.out << journal_csv(row);
  });
  if (status.ok()) begin();
  return status_after(status, file, to);
}

absl::StatusOr<int> export_json(const std::string& file, const journal_filter& filter, const console& to) {
  bool begun = false;
  const auto status = read_journal(file, filter, [&](const journal_row& row) {
    to.out << (std::exchange(begun, true) ? ",\n" : "[\n") << journal_json(row);
  });
  if (begun || status.ok()) to.out << (begun ? "" : "[") << "\n]\n";
  return status_after(status, file, to);
}

} // namespace

absl::StatusOr<journal_filter> filter_of(const journal_request& request, std::int64_t wall_now_ns) {
  journal_filter filter;
  if (!request.actor.empty()) filter.actor = request.actor;
  if (!request.code.empty()) {
    const auto code = read_code(request.code);
    if (!code.ok()) return code.status();
    filter.code = *code;
  }
  if (auto status = read_limit("--since", request.since, wall_now_ns, filter.since_ns); !status.ok())
    return status;
  if (auto status = read_limit("--until", request.until, wall_now_ns, filter.until_ns); !status.ok())
    return status;
  if (filter.since_ns && filter.until_ns && *filter.since_ns > *filter.until_ns)
    return absl::InvalidArgumentError(
        fmt::format("--since {} is later than --until {}: exchange them", request.since, request.until));
  return filter;
}

absl::StatusOr<int> run_journal(const journal_request& request, std::int64_t wall_now_ns, const console& to) {
  constexpr std::string_view actions[] = {"show", "verify", "export"};
  const auto& action = request.action;
  if (action.empty() || request.file.empty())
    return absl::InvalidArgumentError(
        "say what to do with which file: vesta journal show|verify|export FILE; see `vesta journal --help`");
  if (std::ranges::find(actions, action) == std::end(actions))
    return absl::InvalidArgumentError(fmt::format("journal {}: {}", action, suggest(action, actions)));
  const auto filter = filter_of(request, wall_now_ns);
  if (!filter.ok()) return filter.status();
  const bool filtered = filter->actor || filter->code || filter->since_ns || filter->until_ns;
  if (action == "verify" && filtered)
    return absl::InvalidArgumentError("journal verify takes the whole chain: leave the filters out");
  if ((request.json || request.csv) && action != "export")
    return absl::InvalidArgumentError("--json and --csv are for `vesta journal export`");
  if (request.json && request.csv) return absl::InvalidArgumentError("give --json or --csv, not both");
  if (action == "verify") return verify(request.file, to);
  if (action == "show") return show(request.file, *filter, to);
  return request.csv ? export_csv(request.file, *filter, to) : export_json(request.file, *filter, to);
}

} // namespace vesta::command
