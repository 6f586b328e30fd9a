// What a line of the log costs the thread that logs it: by way of the ring, and by spdlog's own sinks.

#include <chrono>
#include <spdlog/logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <thread>

#include "figures.hpp"
#include "vesta/runtime/log_ring.hpp"

namespace vesta::bench {
namespace {

constexpr int lines_a_group = 20;
constexpr double line_ns_max = 1000;

/// Lines come in groups, between which the writer falls asleep.
void measure_lines(std::string_view what, int groups, spdlog::logger& log,
                   std::optional<limit> most = std::nullopt) {
  const std::string line = "on tax (message 712331): there is no money left; rollback, and the message again";
  std::vector<double> first, others;
  for (int group = 0; group < groups; ++group) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
    for (int i = 0; i < lines_a_group; ++i) {
      const auto began = now_ns();
      log.log(spdlog::level::err, line);
      (i == 0 ? first : others).push_back(now_ns() - began);
    }
  }
  print_row(what, spread_of(std::move(others)), most);
  print_row("  the first line after a pause", spread_of(std::move(first)));
}

absl::Status measure(int groups) {
  const auto folder = platform::real_files().make_temporary_directory("vesta-bench-");
  if (!folder.ok()) return folder.status();
  {
    const auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(*folder + "/log");
    spdlog::logger direct("direct", file);
    const auto ring = std::make_shared<ring_sink>(direct);
    spdlog::logger by_ring("by_ring", ring);
    measure_lines("a line by way of the ring", groups, by_ring, limit{statistic::p99, line_ns_max});
    print_value("lines lost", "0", fmt::format("{}", ring->lost()), ring->lost() == 0);
    measure_lines("a line to spdlog's file sink", groups, direct);
    direct.flush_on(spdlog::level::info);
    measure_lines("the same, written at once, as to a console", groups, direct);
  }
  return platform::real_files().remove(*folder);
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double groups = 1000;
  if (const auto status = read_options(count, values, {{"--groups", &groups}}); !status.ok())
    return conclude("bench_log", status);
  print_header("bench_log (each line is timed by itself; that the clock is read twice counts)");
  return conclude("bench_log", measure(static_cast<int>(groups)));
}
