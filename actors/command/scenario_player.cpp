#include "vesta/actors/command/scenario_player.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "vesta/actors/command/failure_text.hpp"

namespace vesta::command {
namespace {

using platform::nanoseconds;

std::string file_of(const scenario_step& step) {
  if (const auto* edit = std::get_if<edit_step>(&step.action)) return edit->file;
  if (const auto* tune = std::get_if<tune_step>(&step.action)) return tune->file;
  return {};
}

/// Of the first change since then that touches the file and is no earlier step's. A change that a later save
/// replaced is not the last word, nor is a change's first report where a second one takes it back.
std::optional<std::string> verdict_of(const std::string& file, nanoseconds since, const run_report& report,
                                      std::set<std::uint64_t>& taken) {
  const auto name = file.substr(file.rfind('/') + 1);
  const auto mine = [&](const change_report& change) {
    return change.change != 0 && change.times.saved_ns >= since &&
           change.verdict != verdict_on_change::superseded && change.files.find(name) != std::string::npos &&
           !taken.contains(change.change);
  };
  const auto first = std::ranges::find_if(report.changes, mine);
  if (first == report.changes.end()) return std::nullopt;
  taken.insert(first->change);
  auto verdict = first->verdict;
  for (const auto& change : report.changes)
    if (change.change == first->change) verdict = change.verdict;
  return to_string(verdict);
}

/// What cured the first of the actor's troubles since then: the remedy, or "cured" where any would do.
std::optional<std::string> cure_of(const std::string& actor, const std::string& expected, nanoseconds since,
                                   const run_report& report) {
  std::optional<std::string> by;
  for (const auto& failed : report.failures) {
    if (failed.what.actor != actor || failed.what.at_ns < since || failed.by.empty()) continue;
    // It comes after restarts in vain, whatever was tried after it.
    if (failed.by == "escalate" && expected == failed.by) return expected;
    if (!by) by = expected == "cured" && is_cure(failed.by) ? expected : failed.by;
  }
  return by;
}

/// Nothing until all of them have got over it; then what each of them should have, or what the first other
/// one had.
std::optional<std::string> cure_of(const scenario_step& step, nanoseconds since, const run_report& report) {
  std::optional<std::string> other;
  for (const auto& actor : step.actors) {
    const auto by = cure_of(actor, step.expect, since, report);
    if (!by) return std::nullopt;
    if (*by != step.expect && !other) other = step.actors.size() > 1 ? *by + " of " + actor : *by;
  }
  return other ? other : step.expect;
}

} // namespace

scenario_player::scenario_player(scenario what, platform::file_system& files, std::string folder, hand act)
    : what_(std::move(what)), files_(files), folder_(std::move(folder)), act_(std::move(act)) {}

std::vector<std::optional<std::string>> scenario_player::verdicts(const run_report& report) const {
  std::vector<std::optional<std::string>> found;
  std::set<std::uint64_t> taken;
  for (std::size_t i = 0; i < performed_.size(); ++i) {
    const auto& step = what_.steps[i];
    const auto since = performed_[i].since_ns;
    if (step.expect.empty())
      found.emplace_back(step.expect);
    else
      found.push_back(step.actors.empty() ? verdict_of(file_of(step), since, report, taken)
                                          : cure_of(step, since, report));
  }
  return found;
}

bool scenario_player::waits(nanoseconds now, const run_report& report) const {
  return !performed_.empty() && now - performed_.back().at_ns < patience_ns && !verdicts(report).back();
}

void scenario_player::look(const run_report& report) {
  const auto found = verdicts(report);
  for (std::size_t i = 0; i < performed_.size(); ++i)
    if (found[i] && !performed_[i].over_frame) performed_[i].over_frame = report.frames.frames;
}

absl::StatusOr<std::optional<std::string>> scenario_player::due(nanoseconds elapsed, nanoseconds now,
                                                                const run_report& report) {
  look(report);
  if (performed_.size() == what_.steps.size()) return std::nullopt;
  const auto& step = what_.steps[performed_.size()];
  if (static_cast<double>(elapsed) < step.at_s * 1e9 || waits(now, report)) return std::nullopt;
  const bool of_before = std::holds_alternative<expect_step>(step.action);
  performed_.push_back({.at_ns = now,
                        .since_ns = of_before ? performed_.back().since_ns : now,
                        .frame = of_before ? performed_.back().frame : report.frames.frames});
  if (auto status = perform(step); !status.ok())
    return absl::Status(status.code(), fmt::format("{}: {}", step.place, std::string(status.message())));
  return title_of(step);
}

bool scenario_player::over(nanoseconds now, const run_report& report) const {
  return performed_.size() == what_.steps.size() && !waits(now, report);
}

std::vector<step_outcome> scenario_player::judge(const run_report& report) const {
  const auto found = verdicts(report);
  std::vector<step_outcome> rows;
  for (std::size_t i = 0; i < what_.steps.size(); ++i) {
    const auto& step = what_.steps[i];
    auto got = i < found.size() ? found[i].value_or(step_outcome::nothing) : step_outcome::not_reached;
    const auto frames =
        i < found.size() ? performed_[i].over_frame.value_or(report.frames.frames) - performed_[i].frame : 0;
    if (got == step.expect && step.frames > 0 && frames > step.frames)
      got += fmt::format(" after {} frames instead of {} at the most", frames, step.frames);
    rows.push_back({title_of(step), step.at_s, step.expect, got, got == step.expect});
  }
  return rows;
}

absl::Status scenario_player::perform(const scenario_step& step) {
  if (file_of(step).empty()) {
    act_(step);
    return absl::OkStatus();
  }
  const auto path = folder_ + "/" + file_of(step);
  const auto text = files_.read(path, edited_size_max);
  if (!text.ok()) return text.status();
  const auto* edit = std::get_if<edit_step>(&step.action);
  const auto edited = edit != nullptr
                          ? text_after(*edit, *text)
                          : absl::StatusOr<std::string>(text_after(std::get<tune_step>(step.action), *text));
  return edited.ok() ? files_.write(path, *edited) : edited.status();
}

} // namespace vesta::command
