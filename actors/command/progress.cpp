#include "vesta/actors/command/progress.hpp"

#include <fmt/format.h>

#include "vesta/actors/command/figures.hpp"

namespace vesta::command {
namespace {

constexpr std::int64_t show_every_ns = 200'000'000;
constexpr std::size_t width = 99; // a full line would wrap on some terminals

} // namespace

void progress::tell(std::int64_t elapsed_ns, std::string_view event) {
  clear();
  to_.out << to_.dim(fmt::format("{:>8}", seconds(elapsed_ns))) << "  " << event << "\n" << std::flush;
}

void progress::show(std::int64_t elapsed_ns, const run_report& report) {
  if (!to_.terminal || elapsed_ns - shown_ns_ < show_every_ns) return;
  shown_ns_ = elapsed_ns;
  clear();
  to_.out << to_.dim(progress_line(elapsed_ns, report, width)) << std::flush;
  is_shown_ = true;
}

void progress::clear() {
  if (is_shown_) to_.out << "\r\x1b[K" << std::flush;
  is_shown_ = false;
}

std::string progress_line(std::int64_t elapsed_ns, const run_report& report, std::size_t most) {
  const auto& frames = report.frames;
  auto line = fmt::format("{:>8}  frame {}, median {}, p99 {}, {} late", seconds(elapsed_ns),
                          grouped(frames.frames), milliseconds(frames.times.quantile(0.5)),
                          milliseconds(frames.times.quantile(0.99)), grouped(frames.late));
  auto separator = "; ";
  for (const auto& total : report.last_totals.totals) {
    const auto more = fmt::format("{}{} {}", separator, total.name, quantity(total.value));
    if (line.size() + more.size() > most) break;
    line += more;
    separator = ", ";
  }
  return line;
}

} // namespace vesta::command
