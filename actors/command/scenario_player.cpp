#include "vesta/actors/command/scenario_player.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

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
std::optional<std::string> cure_of(const scenario_step& step, nanoseconds since, const run_report& report) {
  const auto cured = std::ranges::find_if(report.failures, [&](const cured_failure& failure) {
    return failure.what.actor == actor_of(step) && failure.what.at_ns >= since && !failure.by.empty();
  });
  if (cured == report.failures.end()) return std::nullopt;
  return step.expect == "cured" ? step.expect : cured->by;
}

} // namespace

scenario_player::scenario_player(scenario what, platform::file_system& files, std::string folder, killer kill)
    : what_(std::move(what)), files_(files), folder_(std::move(folder)), kill_(std::move(kill)) {}

std::vector<std::optional<std::string>> scenario_player::verdicts(const run_report& report) const {
  std::vector<std::optional<std::string>> found;
  std::set<std::uint64_t> taken;
  for (std::size_t i = 0; i < performed_ns_.size(); ++i) {
    const auto& step = what_.steps[i];
    found.push_back(!actor_of(step).empty() ? cure_of(step, performed_ns_[i], report)
                                            : verdict_of(file_of(step), performed_ns_[i], report, taken));
  }
  return found;
}

bool scenario_player::waits(nanoseconds now, const run_report& report) const {
  return !performed_ns_.empty() && now - performed_ns_.back() < patience_ns && !verdicts(report).back();
}

absl::StatusOr<std::optional<std::string>> scenario_player::due(nanoseconds elapsed, nanoseconds now,
                                                                const run_report& report) {
  if (performed_ns_.size() == what_.steps.size()) return std::nullopt;
  const auto& step = what_.steps[performed_ns_.size()];
  if (static_cast<double>(elapsed) < step.at_s * 1e9 || waits(now, report)) return std::nullopt;
  performed_ns_.push_back(now);
  if (auto status = perform(step); !status.ok())
    return absl::Status(status.code(), fmt::format("{}: {}", step.place, std::string(status.message())));
  return title_of(step);
}

bool scenario_player::over(nanoseconds now, const run_report& report) const {
  return performed_ns_.size() == what_.steps.size() && !waits(now, report);
}

std::vector<step_outcome> scenario_player::judge(const run_report& report) const {
  const auto found = verdicts(report);
  std::vector<step_outcome> rows;
  for (std::size_t i = 0; i < what_.steps.size(); ++i) {
    const auto& step = what_.steps[i];
    const auto got = i < found.size() ? found[i].value_or(step_outcome::nothing) : step_outcome::not_reached;
    rows.push_back({title_of(step), step.at_s, step.expect, got, got == step.expect});
  }
  return rows;
}

absl::Status scenario_player::perform(const scenario_step& step) {
  if (const auto& actor = actor_of(step); !actor.empty())
    return kill_(step) ? absl::OkStatus() : absl::NotFoundError(fmt::format("no actor is named {}", actor));
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
