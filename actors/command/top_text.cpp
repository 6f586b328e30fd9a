#include "vesta/actors/command/top_text.hpp"

#include <fmt/format.h>

#include "vesta/actors/command/figures.hpp"
#include "vesta/messages/errors.hpp"
#include "vesta/messages/lifecycle.hpp"

namespace vesta::command {
namespace {

constexpr std::size_t name_width = 18;
/// A page that is older belongs to a game that stands still.
constexpr std::int64_t old_ns = 2'000'000'000;

std::string title(std::string_view name, const console& to) { return to.bold(fmt::format("{:<12}", name)); }

std::string cut(std::string_view name) {
  return name.size() <= name_width ? std::string(name) : fmt::format("{}...", name.substr(0, name_width - 3));
}

/// "-" for what has not been measured.
std::string time_of(std::uint32_t ns, std::uint64_t count) {
  if (count == 0 || ns == 0) return "-";
  return ns < 10'000 ? fmt::format("{:.2f} us", ns / 1e3) : milliseconds(ns);
}

std::string share(std::uint16_t permille) { return fmt::format("{:.1f} %", permille / 10.0); }

std::string busy(const control_header& header) {
  const auto performance = header.performance_busy_permille, efficiency = header.efficiency_busy_permille;
  if (performance == no_share && efficiency == no_share) return "-";
  if (efficiency == no_share) return share(performance) + " of the host's threads";
  return fmt::format("performance cores {}, efficiency cores {}", share(performance), share(efficiency));
}

std::string state_of(const control_record& module) {
  return module.state == parked_state ? "parked" : to_string(static_cast<lifecycle>(module.state));
}

std::string error_of(const control_record& module) {
  return module.last_error == 0 ? "-"
                                : std::string(describe(static_cast<error_code>(module.last_error)).name);
}

std::string head(const control_page& page, std::int64_t now_ns, const console& to) {
  const auto& h = page.header;
  const auto age = now_ns - h.written_ns;
  auto text = fmt::format("{}process {}, frame {} after {}, {:g} a second{}\n", title(name_in(h.game), to),
                          h.pid, grouped(h.frame), seconds(h.written_ns - h.begun_ns), h.rate_hz,
                          age > old_ns ? "; " + to.bad("no frame for " + seconds(age)) : "");
  const auto late = fmt::format("{} late", grouped(h.late_frames));
  text +=
      fmt::format("{}median {}, p99 {}, max {}; the budget is {}; {}\n", title("frame time", to),
                  milliseconds(h.frame_p50_ns), milliseconds(h.frame_p99_ns), milliseconds(h.frame_max_ns),
                  milliseconds(h.budget_ns), h.late_frames == 0 ? to.good(late) : to.bad(late));
  text += fmt::format("{}{}\n", title("busy", to), busy(h));
  const auto failed = fmt::format("{} failures, {} cured", grouped(h.failures), grouped(h.recoveries));
  text += fmt::format("{}{} a second, {} in all, {} waiting; {}\n", title("messages", to),
                      grouped(h.messages_per_second), grouped(h.messages), grouped(h.waiting),
                      h.failures == h.recoveries ? to.good(failed) : to.bad(failed));
  return text;
}

std::string module_row(const control_record& m, const console& to) {
  const auto error = error_of(m);
  return fmt::format("{:<{}}{:>8}  {:<12}{:>9}{:>11}{:>11}{:>13}{:>8}  {}\n", cut(name_in(m.name)),
                     name_width + 2, m.version, state_of(m), time_of(m.p50_ns, m.count),
                     time_of(m.p99_ns, m.count), time_of(m.max_ns, m.count), grouped(m.count),
                     grouped(m.failures), error == "-" ? error : to.accent(error));
}

std::string actors_row(const control_record& a) {
  return fmt::format("{:<{}}{:>8}  {:<12}{:>9}{:>11}{:>11}{:>13}{:>8}\n", cut(name_in(a.name)),
                     name_width + 2, a.actors, grouped(a.waiting), time_of(a.p50_ns, a.count),
                     time_of(a.p99_ns, a.count), time_of(a.max_ns, a.count), grouped(a.count),
                     grouped(a.failures));
}

} // namespace

std::string top_text(const control_page& page, std::int64_t now_ns, const console& to) {
  auto text = head(page, now_ns, to);
  std::string modules, actors;
  for (const auto& record : page.records) {
    if (record.kind == record_kind::module) modules += module_row(record, to);
    if (record.kind == record_kind::actors) actors += actors_row(record);
  }
  const auto heading = [&](std::string_view name, std::string_view number, std::string_view state,
                           std::string_view count, std::string_view rest) {
    return "\n" + to.bold(fmt::format("{:<{}}", name, name_width + 2)) +
           to.dim(fmt::format("{:>8}  {:<12}{:>9}{:>11}{:>11}{:>13}{:>8}{}\n", number, state, "median", "p99",
                              "max", count, "failed", rest));
  };
  if (!modules.empty()) text += heading("module", "version", "state", "steps", "  last error") + modules;
  if (!actors.empty()) text += heading("actors", "number", "waiting", "messages", "") + actors;
  if (page.header.records_left_out != 0)
    text += to.dim(fmt::format("and {} for which the page has no room\n", page.header.records_left_out));
  return text;
}

std::string top_line(int pid, const std::optional<control_page>& page, const console& to) {
  if (!page) return fmt::format("{:>8}  {}\n", pid, to.dim("a game of another version of Vesta"));
  const auto& h = page->header;
  return fmt::format("{:>8}  {:<24}frame {}, {} late\n", pid, name_in(h.game), grouped(h.frame),
                     grouped(h.late_frames));
}

} // namespace vesta::command
