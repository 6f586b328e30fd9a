#include "vesta/actors/command/events.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

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
  for (const auto& failed : report.failures) tell_failure(failed, lines);
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

void event_teller::tell_failure(const cured_failure& failed, std::vector<std::string>& lines) {
  const auto [told, is_new] = failures_.emplace(failed.what.id, "");
  if (is_new)
    lines.push_back(fmt::format("  {}  {}: {}", to_.bad("failed"), failed.what.actor, failed.what.text));
  if (told->second == failed.by) return;
  told->second = failed.by;
  lines.push_back(fmt::format("  {}  {} by {} after {}", to_.good("cured"), failed.what.actor, failed.by,
                              milliseconds(failed.took_ns)));
}

} // namespace vesta::command
