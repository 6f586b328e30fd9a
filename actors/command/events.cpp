#include "vesta/actors/command/events.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vesta/actors/command/failure_text.hpp"
#include "vesta/actors/command/figures.hpp"

namespace vesta::command {
namespace {

std::string indented(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    result += fmt::format("\n    {}", text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return result;
}

} // namespace

std::vector<std::string> event_teller::tell(const run_report& report) {
  std::vector<std::string> lines;
  for (; module_failures_ < report.module_failures.size(); ++module_failures_) {
    const auto& failed = report.module_failures[module_failures_];
    lines.push_back(fmt::format("  {}  {}: {}", to_.bad("failed"), failed.module, failed.text));
    if (failed.change == 0)
      lines.push_back(
          fmt::format("  {}  {} takes no part in frames until it gets a new version: mend its source; "
                      "the state is back by {}",
                      to_.bad("parked"), failed.module, counted(failed.frames_back, "frame")));
  }
  for (const auto& change : report.changes) tell_change(change, lines);
  tell_failures(report.failures, lines);
  return lines;
}

void event_teller::tell_change(const change_report& change, std::vector<std::string>& lines) {
  const auto [told, is_new] = changes_.emplace(change.change, change.verdict);
  if (change.change == 0 || (!is_new && told->second == change.verdict)) return;
  told->second = change.verdict;
  const auto verdict = to_string(change.verdict);
  if (change.verdict == verdict_on_change::live) {
    const auto& times = change.times;
    std::string compiler;
    if (times.compile_ns > 0)
      compiler = fmt::format(", of which {} {}",
                             change.modules.size() > 1
                                 ? fmt::format("the longest of {} compiles", change.modules.size())
                                 : "compiler",
                             milliseconds(times.compile_ns));
    lines.push_back(fmt::format("  {}  {} after {}{}", to_.good("live"), change.files,
                                milliseconds(times.live_ns - times.saved_ns), compiler));
    for (const auto& module : change.modules)
      if (broken_.erase(module) != 0)
        lines.push_back(fmt::format("  {}  {} compiles again", to_.good("cleared"), module));
    return;
  }
  if (change.verdict == verdict_on_change::superseded) return;
  if (change.verdict == verdict_on_change::compile_error)
    broken_.insert(change.modules.begin(), change.modules.end());
  // Why a change was taken back has just been told: its module failed.
  const bool told_why = change.verdict == verdict_on_change::rolled_back;
  lines.push_back(
      fmt::format("  {}  {}{}", to_.accent(verdict), change.files, told_why ? "" : indented(change.text)));
}

void event_teller::tell_failures(const std::vector<cured_failure>& failures,
                                 std::vector<std::string>& lines) {
  std::vector<failure_group> failed, over;
  for (const auto& each : failures) {
    const auto [told, is_new] = failures_.emplace(each.what.id, "");
    if (is_new) add(failed, {.what = each.what});
    if (std::exchange(told->second, each.by) != each.by)
      add(over, {.what = {.actor = each.what.actor}, .by = each.by, .took_ns = each.took_ns});
  }
  for (const auto& each : failed)
    lines.push_back(fmt::format("  {}  {}{}: {}", to_.bad("failed"), each.who(),
                                each.count > each.actors.size() ? ", " + counted(each.count, "time") : "",
                                each.text));
  for (const auto& each : over) {
    const auto words = words_of(each.by);
    lines.push_back(fmt::format(
        "  {}  {}{} after {}{}", is_cure(each.by) ? to_.good(words.before) : to_.accent(words.before),
        each.who(), words.after, each.actors.size() > 1 ? "at most " : "", milliseconds(each.took_ns)));
  }
}

} // namespace vesta::command
