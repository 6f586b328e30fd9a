// How long it takes to build all of Vesta, its tests included, from nothing and without a compiler cache; the
// benchmarks on top of that; and again after an edit of one file.

#include <cstdlib>
#include <semaphore>

#include "figures.hpp"
#include "vesta/platform/process.hpp"

namespace vesta::bench {
namespace {

constexpr double clean_build_max_ns = 120e9;
constexpr const char* edited = "actors/orchestrator.cpp";
constexpr const char* its_target = "/actors/CMakeFiles/vesta_actors.dir/";

/// Nanoseconds that a program ran; what it printed is the error when it failed.
absl::StatusOr<double> run(std::vector<std::string> arguments) {
  std::binary_semaphore ended{0};
  platform::process_result result;
  const auto program = arguments.front();
  const auto process = platform::real_processes().start(
      {.arguments = std::move(arguments), .idle_priority = false}, [&](platform::process_result end) {
        result = std::move(end);
        ended.release();
      });
  if (!process.ok()) return process.status();
  ended.acquire();
  if (result.exit_status != 0)
    return absl::InternalError(fmt::format(
        "{} failed; its output ends in:\n{}", program,
        result.output.substr(result.output.size() - std::min<std::size_t>(result.output.size(), 2000))));
  return static_cast<double>(result.ended_ns - result.started_ns);
}

/// The object that an edit of the one file would make anew: the release preset compiles sources in batches.
absl::StatusOr<std::string> its_object(const std::string& directory) {
  auto& files = platform::real_files();
  const auto batches = directory + its_target + "Unity/";
  for (int i = 0;; ++i) {
    const auto batch = fmt::format("{}unity_{}_cxx.cxx", batches, i);
    const auto text = files.read(batch, 1 << 16);
    if (!text.ok())
      return absl::NotFoundError(fmt::format("no batch in {} has {}; mend bench_build.cpp", batches, edited));
    if (text->find(edited) != std::string::npos) return batch + ".o";
  }
}

/// The larger headers compiled alone, before and after the clean build: a baseline for machines that are not
/// always as fast.
absl::Status compile_headers(const std::string& directory, std::vector<double>& took) {
  std::vector<std::string> compile = {"c++", "-std=c++20", "-O2", "-w", "-x", "c++", "-c"};
  compile.push_back(std::string(VESTA_SOURCE_DIR) + "/messages/prelude.hpp");
  compile.insert(compile.end(), {"-o", directory + "/headers.o"});
  for (int i = 0; i < 5; ++i) {
    const auto once = run(compile);
    if (!once.ok()) return once.status();
    took.push_back(*once);
  }
  return absl::OkStatus();
}

absl::Status measure(const std::string& directory) {
  std::vector<double> baseline;
  if (auto status = compile_headers(directory, baseline); !status.ok()) return status;
  const std::vector<std::string> build = {"cmake", "--build", directory, "-j",
                                          std::to_string(std::thread::hardware_concurrency())};
  const auto configured = run({"cmake", "-S", VESTA_SOURCE_DIR, "--preset", "release", "-B", directory,
                               "-DCMAKE_C_COMPILER_LAUNCHER=", "-DCMAKE_CXX_COMPILER_LAUNCHER="});
  if (!configured.ok()) return configured.status();
  const auto clean = run(build);
  if (!clean.ok()) return clean.status();
  if (auto status = compile_headers(directory, baseline); !status.ok()) return status;
  print_row("everything with tests, from nothing", spread_of({*configured + *clean}),
            limit{statistic::median, clean_build_max_ns});
  const auto headers = spread_of(std::move(baseline));
  print_value("  the same in compiles of the larger headers alone", "",
              fmt::format("{:.0f}", (*configured + *clean) / headers.median));
  print_row("  such a compile, around it", headers);
  print_row("  of which configuring", spread_of({*configured}));
  auto with_benchmarks = build;
  with_benchmarks.insert(with_benchmarks.end(), {"--target", "vesta_bench"});
  const auto benchmarks = run(with_benchmarks);
  if (!benchmarks.ok()) return benchmarks.status();
  print_row("  the benchmarks on top", spread_of({*benchmarks}));

  // The source is not touched, for others may build from it: without its object the same things are made
  // anew.
  const auto object = its_object(directory);
  if (!object.ok()) return object.status();
  std::vector<double> rebuilds;
  for (int i = 0; i < 3; ++i) {
    if (auto status = platform::real_files().remove(*object); !status.ok()) return status;
    const auto took = run(build);
    if (!took.ok()) return took.status();
    rebuilds.push_back(*took);
  }
  print_row(fmt::format("after an edit of {}", edited), spread_of(std::move(rebuilds)));
  return absl::OkStatus();
}

} // namespace
} // namespace vesta::bench

int main() {
  using namespace vesta;
  ::setenv("CCACHE_DISABLE", "1", 1); // in case the compiler's name leads to it
  bench::print_header("bench_build");
  const auto directory = platform::real_files().make_temporary_directory("vesta_bench_build_");
  if (!directory.ok()) return bench::conclude("bench_build", directory.status());
  const auto status = bench::measure(*directory);
  platform::real_files().remove(*directory).IgnoreError();
  return bench::conclude("bench_build", status);
}
