#pragma once

// What the benchmarks share: the machine, the spread of a sample, and a figure printed beside its limit.

#include <absl/status/status.h>
#include <absl/strings/numbers.h>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "vesta/messages/report.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/platform/files.hpp"

namespace vesta::bench {

/// Nanoseconds on the steady clock.
inline double now_ns() { return static_cast<double>(platform::steady_clock().now()); }

/// Times in nanoseconds.
struct spread {
  double median = 0, p99 = 0, max = 0;
  std::size_t count = 0;
};

inline spread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::ranges::sort(values);
  // The nearest rank: the smallest value that this share of the sample does not exceed.
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size()))) - 1];
  };
  return {at(0.5), at(0.99), values.back(), values.size()};
}

inline spread spread_of(const histogram& times) {
  return {static_cast<double>(times.quantile(0.5)), static_cast<double>(times.quantile(0.99)),
          static_cast<double>(times.max_ns), times.count};
}

/// "412 ns", "41.2 us", "16.7 ms", "92.1 s"
inline std::string duration(double ns) {
  const auto scaled = [](double value, std::string_view unit) {
    return fmt::format("{:.{}f} {}", value, value < 9.995 ? 2 : value < 99.95 ? 1 : 0, unit);
  };
  if (std::abs(ns) < 1e3) return fmt::format("{:.0f} ns", ns);
  if (std::abs(ns) < 1e6) return scaled(ns / 1e3, "us");
  return std::abs(ns) < 1e9 ? scaled(ns / 1e6, "ms") : scaled(ns / 1e9, "s");
}

enum class statistic : unsigned char { median, p99, max };

/// What a figure may be at most, and which statistic of the sample is held against it.
struct limit {
  statistic of = statistic::max;
  double ns = 0;
};

/// What is measured, where, and how busy the machine is with other things.
inline void print_machine(std::string_view title) {
  const auto file = [](const char* path) { return platform::real_files().read(path, 1 << 20).value_or(""); };
  const auto cpus = file("/proc/cpuinfo"), load = file("/proc/loadavg");
  const auto model = cpus.find("model name"), colon = cpus.find(": ", model);
  const bool known = model != std::string::npos && colon != std::string::npos;
  const auto name = known ? cpus.substr(colon + 2, cpus.find('\n', colon) - colon - 2) : "unknown processor";
  fmt::print("\n{}: {} cores, {}, load average {} when it began\n", title,
             std::thread::hardware_concurrency(), name, load.substr(0, load.find(' ')));
  std::fflush(stdout);
}

/// The same above a table of times.
inline void print_header(std::string_view title) {
  print_machine(title);
  fmt::print("{:<46}{:>16}{:>11}{:>11}{:>11}{:>9}\n", "", "at most", "median", "p99", "max", "samples");
  std::fflush(stdout);
}

/// A sample of times; without a limit for information alone.
inline void print_row(std::string_view what, const spread& times, std::optional<limit> most = std::nullopt) {
  std::string bound, verdict;
  if (most) {
    constexpr const char* names[] = {"median", "p99", "max"};
    const double values[] = {times.median, times.p99, times.max};
    const auto which = static_cast<std::size_t>(most->of);
    bound = fmt::format("{} {}", names[which], duration(most->ns));
    verdict = values[which] <= most->ns ? "ok" : "over";
  }
  fmt::print("{:<46}{:>16}{:>11}{:>11}{:>11}{:>9}  {}\n", what, bound, duration(times.median),
             duration(times.p99), duration(times.max), times.count, verdict);
  std::fflush(stdout);
}

/// A single value, in words; `ok` is empty where there is no limit.
inline void print_value(std::string_view what, std::string_view most, std::string_view value,
                        std::optional<bool> ok = std::nullopt) {
  fmt::print("{:<46}{:>16}{:>11}{:33}{}\n", what, most, value, "", !ok ? "" : *ok ? "ok" : "over");
  std::fflush(stdout);
}

/// Reads "NAME VALUE" pairs, each value a number above 0. By hand, for a library would double what a
/// benchmark takes to compile.
inline absl::Status read_options(int count, char** values, const std::map<std::string_view, double*>& known) {
  for (int i = 1; i < count; i += 2) {
    const auto it = known.find(values[i]);
    double value = 0;
    if (it != known.end() && i + 1 < count && absl::SimpleAtod(values[i + 1], &value) && value > 0) {
      *it->second = value;
      continue;
    }
    std::string names;
    for (const auto& [name, target] : known) names += fmt::format(" [{} NUMBER]", name);
    return absl::InvalidArgumentError(fmt::format("cannot use \"{}\"; options:{}", values[i], names));
  }
  return absl::OkStatus();
}

/// The exit status of a benchmark: a figure over its limit is information, one that could not be had is not.
inline int conclude(std::string_view program, const absl::Status& status) {
  if (status.ok()) return 0;
  fmt::print(stderr, "{}: {}\n", program, std::string(status.message()));
  return 2;
}

} // namespace vesta::bench
