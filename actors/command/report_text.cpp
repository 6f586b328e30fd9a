#include "vesta/actors/command/report_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "vesta/actors/command/failure_text.hpp"
#include "vesta/actors/command/figures.hpp"

namespace vesta::command {
namespace {

constexpr std::size_t late_shown_max = 5;
constexpr std::size_t page_width = 100;

std::string cut(std::string_view text, std::size_t most) {
  text = text.substr(0, text.find('\n'));
  return text.size() <= most ? std::string(text) : fmt::format("{}...", text.substr(0, most - 3));
}

/// The line of a compiler's words that says what is wrong; the first one of other texts.
std::string_view heart_of(std::string_view text) {
  const auto at = text.find("error:");
  if (at == std::string_view::npos) return text;
  const auto before = text.rfind('\n', at);
  return before == std::string_view::npos ? text : text.substr(before + 1);
}

/// A time from the save on, or a dash for a step that was not reached.
std::string lap(const change_times& times, std::int64_t at_ns) {
  const auto ns = since_save(times, at_ns);
  return ns ? milliseconds(*ns) : "-";
}

std::string or_dash(std::int64_t ns) { return ns == 0 ? "-" : milliseconds(ns); }

bool is_good(verdict_on_change verdict) {
  return verdict == verdict_on_change::live || verdict == verdict_on_change::superseded;
}

class table_writer {
public:
  table_writer(const run_summary& run, const console& to) : run_(run), to_(to) {}

  std::string write() {
    frames();
    changes();
    failures();
    figures();
    steps();
    surprises();
    return std::move(text_);
  }

private:
  template <class... Values>
  void line(fmt::format_string<Values...> format, Values&&... values) {
    text_ += fmt::format(format, std::forward<Values>(values)...) + "\n";
  }
  std::string title(std::string_view name) const { return to_.bold(fmt::format("{:<12}", name)); }

  void frames();
  void changes();
  void change_row(const change_report& change);
  void failures();
  void failure_row(const failure_group& group);
  void figures();
  void steps();
  void surprises();

  const run_summary& run_;
  const console& to_;
  std::string text_ = "\n";
};

void table_writer::frames() {
  const auto& frames = run_.report.frames;
  const auto late = fmt::format("{} late", grouped(frames.late));
  line("{}{} in {}, {}", title("frames"), grouped(frames.frames), seconds(run_.elapsed_ns),
       frames.late == 0 ? to_.good(late) : to_.bad(late));
  for (std::size_t i = 0; i < std::min(frames.late_why.size(), late_shown_max); ++i)
    line("{:12}{}", "", to_.dim(cut(frames.late_why[i], page_width - 12)));
  if (frames.late > late_shown_max)
    line("{:12}{}", "", to_.dim(fmt::format("and {} more", grouped(frames.late - late_shown_max))));
  line("{}median {}, p99 {}, max {}; the budget is {:.1f} ms at {:g} frames a second", title("frame time"),
       milliseconds(frames.times.quantile(0.5)), milliseconds(frames.times.quantile(0.99)),
       milliseconds(frames.times.max_ns), run_.budget_ms, run_.rate_hz);
  if (frames.swap_times.count != 0)
    line("{}median {}, max {} over {}", title("with a swap"), milliseconds(frames.swap_times.quantile(0.5)),
         milliseconds(frames.swap_times.max_ns), counted(frames.swap_times.count, "frame"));
}

void table_writer::changes() {
  bool first = true;
  for (const auto& change : run_.report.changes) {
    if (change.change == 0) continue; // the opening
    if (std::exchange(first, false))
      line("\n{}{}", to_.bold(fmt::format("{:<26}", "saved")),
           to_.dim(fmt::format("{:>10}{:>11}{:>11}{:>11}{:>12}", "built", "verified", "live", "compiler",
                               "in frame")));
    change_row(change);
  }
}

void table_writer::change_row(const change_report& change) {
  const auto& times = change.times;
  const bool parked = was_parked(change, run_.report);
  const auto verdict = to_string(change.verdict) + (parked ? ", parked" : "");
  line("  {:<24}{:>10}{:>11}{:>11}{:>11}{:>12}  {}", cut(change.files, 23), lap(times, times.built_ns),
       lap(times, times.verified_ns), lap(times, times.live_ns), or_dash(times.compile_ns),
       or_dash(times.boundary_ns),
       is_good(change.verdict) && !parked ? to_.good(verdict) : to_.accent(verdict));
  if (!is_good(change.verdict) && !change.text.empty())
    line("    {}", to_.dim(cut(heart_of(change.text), page_width - 4)));
}

void table_writer::failures() {
  const auto& report = run_.report;
  if (!report.failures.empty() || !report.module_failures.empty()) line("\n{}", title("failed"));
  for (const auto& failed : report.module_failures)
    line("  {:<27} {:<20} {}, {} lost", failed.module, describe(failed.code).name,
         to_.good(fmt::format("{} in {}", failed.change != 0 ? "taken back" : "parked",
                              milliseconds(failed.took_ns))),
         counted(failed.frames_lost, "frame"));
  std::vector<failure_group> groups;
  for (const auto& failed : report.failures) add(groups, failed);
  for (const auto& group : groups) failure_row(group);
}

void table_writer::failure_row(const failure_group& group) {
  const auto words = words_of(group.by);
  const auto outcome =
      group.by.empty() ? "not cured"
                       : fmt::format("{}{} in {}", words.before, words.after, milliseconds(group.took_ns)) +
                             (group.count > 1 ? fmt::format(", {}", counted(group.count, "failure")) : "");
  line("  {:<27} {:<20} {}", cut(group.who(), 27), describe(group.code).name,
       group.by.empty()    ? to_.bad(outcome)
       : is_cure(group.by) ? to_.good(outcome)
                           : to_.accent(outcome));
}

void table_writer::figures() {
  line("\n{}{} a second", title("messages"), grouped(static_cast<std::uint64_t>(run_.messages_per_second())));
  line("{}{} resident, of which {} {} and Vesta itself {}; {} at the most", title("memory"),
       megabytes(run_.memory.resident_bytes), run_.game, megabytes(run_.game_bytes),
       megabytes(run_.own_bytes()), megabytes(run_.memory.peak_bytes));
}

void table_writer::steps() {
  if (run_.steps.empty()) {
    if (run_.interrupted && !run_.users_edits) line("{}interrupted", title("ended"));
    return;
  }
  const auto good = static_cast<std::size_t>(std::ranges::count_if(run_.steps, &step_outcome::ok));
  const auto bad = static_cast<std::size_t>(
      std::ranges::count_if(run_.steps, [this](const auto& step) { return run_.went_wrong(step); }));
  if (run_.interrupted && bad == 0) {
    line("{}{}", title("scenario"),
         to_.accent(fmt::format("interrupted: {} of {} went as expected, the rest was not reached", good,
                                counted(run_.steps.size(), "step"))));
    return;
  }
  if (good == run_.steps.size()) {
    line("{}{}", title("scenario"),
         to_.good(fmt::format("{}{} went as expected", good == 1 ? "the " : "all ",
                              good == 1 ? "step" : counted(good, "step"))));
    return;
  }
  line("{}{}", title("scenario"),
       to_.bad(fmt::format("{}{} of {} did not go as expected", run_.interrupted ? "interrupted; " : "", bad,
                           counted(run_.steps.size(), "step"))));
  for (const auto& step : run_.steps)
    if (run_.went_wrong(step))
      line("{:12}{} at {:g} s: expected {}, got {}", "", step.title, step.at_s, step.expected,
           to_.bad(step.got));
}

void table_writer::surprises() {
  const auto parked = parked_modules(run_.report);
  bool first = true;
  for (const auto& module : run_.surprises()) {
    const bool mended = std::ranges::find(parked, module) == parked.end();
    line("{}{}", title(std::exchange(first, false) ? "unexpected" : ""),
         to_.bad(fmt::format("{} failed{}", module,
                             mended
                                 ? ", and a later edit mended it"
                                 : " and is parked: it takes no part in frames until its source is mended")));
  }
}

} // namespace

std::vector<std::string> run_summary::surprises() const {
  if (users_edits) return parked_modules(report);
  std::vector<std::string> modules;
  for (const auto& failed : report.module_failures)
    if (failed.change == 0 && std::ranges::find(modules, failed.module) == modules.end())
      modules.push_back(failed.module);
  return modules;
}

std::string without_copy(std::string text, std::string_view copy, std::string_view original) {
  for (auto at = text.find(copy); at != std::string::npos; at = text.find(copy, at + original.size())) {
    const bool slash = original.empty() && text.compare(at + copy.size(), 1, "/") == 0;
    text.replace(at, copy.size() + (slash ? 1 : 0), original);
  }
  return text;
}

std::string report_text(const run_summary& run, const console& to) { return table_writer(run, to).write(); }

} // namespace vesta::command
