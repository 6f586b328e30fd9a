#include "vesta/actors/command/top.hpp"

#include <fmt/format.h>
#include <memory>
#include <vector>

#include "vesta/actors/command/top_text.hpp"
#include "vesta/platform/interrupt.hpp"
#include "vesta/platform/process.hpp"
#include "vesta/platform/shared_page.hpp"
#include "vesta/platform/system_info.hpp"

namespace vesta::command {
namespace {

constexpr platform::nanoseconds refresh_ns = 500'000'000;

struct game {
  int pid = 0;
  std::unique_ptr<platform::shared_page_view> page;
};

std::vector<game> running_games(const platform::shared_pages& pages) {
  std::vector<game> found;
  for (const auto& name : pages.list(control_page_prefix)) {
    const auto pid = pid_of_control_page(name);
    if (!pid) continue;
    auto page = pages.open(name);
    if (page.ok() && (*page)->owner_lives()) found.push_back({*pid, *std::move(page)});
  }
  return found;
}

absl::StatusOr<game> find_game(const top_run& run, int pid) {
  auto page = run.pages.open(control_page_name(pid));
  if (page.ok() && (*page)->owner_lives()) return game{pid, *std::move(page)};
  if (!run.process_exists(pid))
    return absl::NotFoundError(
        fmt::format("there is no process {}; `vesta top` without a number finds the games that run", pid));
  if (absl::IsPermissionDenied(page.status()))
    return absl::PermissionDeniedError(fmt::format("process {} is a game that you may not look at: {}", pid,
                                                   std::string(page.status().message())));
  return absl::NotFoundError(
      fmt::format("process {} is no game under Vesta, or one that has its control page turned off", pid));
}

absl::StatusOr<game> find_only_game(const top_run& run, const console& to) {
  auto games = running_games(run.pages);
  if (games.empty())
    return absl::NotFoundError(
        "no game runs; begin one with `vesta sim` or `vesta watch`, in another terminal");
  if (games.size() == 1) return std::move(games.front());
  for (const auto& each : games) {
    const auto page = read_control_page(*each.page);
    to.out << top_line(each.pid, page.ok() ? std::optional(*page) : std::nullopt, to);
  }
  return absl::InvalidArgumentError(
      fmt::format("{} games run; say which one, as in `vesta top {}`", games.size(), games.front().pid));
}

/// A page that is not written yet is waited for.
absl::StatusOr<std::optional<control_page>> look(const game& at) {
  const bool lives = at.page->owner_lives();
  const auto page = read_control_page(*at.page);
  if (!lives) return absl::NotFoundError(fmt::format("the game of process {} has ended", at.pid));
  if (absl::IsFailedPrecondition(page.status()))
    return absl::FailedPreconditionError(
        fmt::format("process {} runs another version of Vesta: {}; use the `vesta` of that version", at.pid,
                    sentence_of(page.status())));
  if (!page.ok()) return std::optional<control_page>{};
  return std::optional(*page);
}

/// Puts the new table in the place of the last one. What is wider than the terminal is cut by it.
class screen {
public:
  explicit screen(const console& to) : to_(to) {}

  void show(std::string_view text, std::size_t lines_max) {
    auto frame = lines_ == 0 ? std::string() : fmt::format("\x1b[{}A", lines_);
    frame += "\x1b[?7l";
    lines_ = 0;
    while (!text.empty() && lines_ < lines_max) {
      const auto end = text.find('\n');
      frame += fmt::format("{}\x1b[K\n", text.substr(0, end));
      text.remove_prefix(end + 1);
      ++lines_;
    }
    to_.out << frame << "\x1b[?7h\x1b[J" << std::flush;
  }

private:
  const console& to_;
  std::size_t lines_ = 0;
};

} // namespace

absl::StatusOr<int> run_top(const top_run& run, const console& to) {
  const auto found = run.pid ? find_game(run, *run.pid) : find_only_game(run, to);
  if (!found.ok()) return found.status();
  const bool live = to.terminal && !run.once;
  screen shown(to);
  do {
    const auto page = look(*found);
    if (!page.ok()) return page.status();
    if (!*page) continue;
    const auto text = top_text(**page, run.time.now(), to);
    if (live) {
      shown.show(text, run.rows() - 1); // the cursor stands below the table
      continue;
    }
    to.out << text << std::flush;
    return as_expected;
  } while (!run.wait());
  return as_expected;
}

absl::StatusOr<int> run_top(std::optional<int> pid, bool once, const console& to) {
  const platform::interrupt stop;
  return run_top({.pid = pid,
                  .once = once,
                  .pages = platform::real_shared_pages(),
                  .time = platform::steady_clock(),
                  .process_exists = platform::process_exists,
                  .rows = platform::output_rows,
                  .wait = [&] { return stop.wait(refresh_ns); }},
                 to);
}

} // namespace vesta::command
