#include "vesta/actors/command/live_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vesta/actors/command/events.hpp"
#include "vesta/actors/command/figures.hpp"
#include "vesta/actors/command/progress.hpp"
#include "vesta/actors/command/report_json.hpp"
#include "vesta/actors/command/report_text.hpp"
#include "vesta/platform/files.hpp"

namespace vesta::command {
namespace {

constexpr platform::nanoseconds look_every_ns = 50'000'000;

/// Whether the run goes on.
absl::StatusOr<bool> look(const live_run& run, platform::nanoseconds start, event_teller& teller,
                          progress& shown) {
  const auto now = platform::steady_clock().now();
  const auto elapsed = now - start;
  const auto report = run.game.report();
  for (auto& text : teller.tell(report)) shown.tell(elapsed, run.reword(std::move(text)));
  if (run.player != nullptr) {
    const auto step = run.player->due(elapsed, now, report);
    if (!step.ok()) return step.status();
    if (*step) shown.tell(elapsed, **step);
  }
  shown.show(elapsed, report);
  const bool time_is_over = run.length_s && static_cast<double>(elapsed) >= *run.length_s * 1e9;
  return !time_is_over || (run.player != nullptr && !run.player->over(now, report));
}

} // namespace

absl::StatusOr<run_summary> run_live(const live_run& run, const console& to) {
  event_teller teller(to);
  progress shown(to);
  const auto start = platform::steady_clock().now();
  const auto sent_before = run.game.messages_sent();
  run.game.begin();
  absl::StatusOr<bool> goes_on = true;
  while (goes_on.ok() && *goes_on && !run.stop.wait(look_every_ns)) goes_on = look(run, start, teller, shown);
  run.game.end();
  shown.clear();
  if (!goes_on.ok()) return goes_on.status();

  run_summary summary;
  summary.interrupted = *goes_on;
  summary.elapsed_ns = platform::steady_clock().now() - start;
  summary.messages_sent = run.game.messages_sent() - sent_before;
  summary.game = run.game.name();
  summary.rate_hz = run.game.rate_hz();
  summary.budget_ms = run.game.budget_ms();
  summary.game_bytes = run.game.game_bytes();
  summary.memory = platform::process_memory();
  summary.report = run.game.report();
  for (auto& change : summary.report.changes) change.text = run.reword(std::move(change.text));
  if (run.player != nullptr) summary.steps = run.player->judge(summary.report);
  return summary;
}

std::string opening_line(const engine& game, const platform::topology& cores, const run_options& options,
                         const console& to) {
  const auto how = cores.note.empty() ? cores.origin : cores.origin + "; " + cores.note;
  return fmt::format("{}  {:g} frames a second on core {}, everything else on core {} {}, seed {}\n",
                     to.bold(game.name()), game.rate_hz(), fmt::join(cores.performance, ","),
                     fmt::join(cores.efficiency, ","), to.dim(fmt::format("({})", how)), options.seed);
}

absl::Status check_writable(platform::file_system& files, const std::string& path) {
  const auto remedy = [&](std::string_view why) {
    return absl::InvalidArgumentError(fmt::format("--json {}: {}; choose another file", path, why));
  };
  if (const auto info = files.info(path); info.ok() && info->is_directory) return remedy("this is a folder");
  if (absl::IsInvalidArgument(files.read(path, 0).status())) return absl::OkStatus(); // a pipe or device
  const auto slash = path.rfind('/');
  const auto folder = slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
  if (const auto info = files.info(folder); !info.ok() || !info->is_directory)
    return remedy(fmt::format("there is no folder {}", folder));
  const auto probe = path + ".probe"; // beside the file, whose old report stays until there is a new one
  if (auto status = files.write(probe, ""); !status.ok())
    return remedy(without_copy(sentence_of(status), probe, path));
  return files.remove(probe);
}

int conclude(const run_summary& summary, const std::string& json, const console& to) {
  to.out << report_text(summary, to) << std::flush;
  if (!json.empty()) {
    if (auto status = platform::real_files().write(json, report_json(summary)); !status.ok()) {
      to.err << "vesta: " << sentence_of(status) << "\n";
      return not_as_expected;
    }
    to.out << to.bold(fmt::format("{:<12}", "report")) << json << "\n";
  }
  return status_of(summary);
}

int status_of(const run_summary& summary) {
  if (!summary.as_expected()) return not_as_expected;
  return summary.interrupted && !summary.users_edits ? interrupted : as_expected;
}

} // namespace vesta::command
