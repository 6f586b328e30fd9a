// How long a frame of the city takes when nobody edits, for a million citizens and for more and fewer, and
// how much memory Vesta adds to what the city holds.

#include <chrono>
#include <spdlog/spdlog.h>

#include "city.hpp"
#include "figures.hpp"
#include "vesta/actors/command/figures.hpp"
#include "vesta/platform/thread.hpp"

namespace vesta::bench {
namespace {

constexpr std::uint64_t usual_citizens = 1'000'000;
constexpr std::uint64_t own_bytes_max = 50'000'000;

struct city_run {
  frame_figures frames;
  std::uint64_t game_bytes = 0, resident_bytes = 0;
};

absl::StatusOr<city_run> run_city(std::uint64_t citizens, double seconds) {
  const auto city = open_city({.overrides = {fmt::format("citizens={}", citizens)}});
  if (!city.ok()) return city.status();
  auto& game = *city->game;
  game.begin();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  game.end();
  return city_run{game.report().frames, game.game_bytes(), platform::process_memory().resident_bytes};
}

absl::Status measure(double seconds, double seconds_each) {
  const auto usual = run_city(usual_citizens, seconds);
  if (!usual.ok()) return usual.status();
  const auto own_bytes = usual->resident_bytes - std::min(usual->resident_bytes, usual->game_bytes);
  print_row("frame, 1,000,000 citizens, no swap", spread_of(usual->frames.times),
            limit{statistic::p99, 16.7e6});
  print_value("late frames among them", "0", fmt::format("{}", usual->frames.late), usual->frames.late == 0);
  for (const auto& why : usual->frames.late_why) fmt::print("  late: {}\n", why);
  print_value("memory that is not the city's columns", command::megabytes(own_bytes_max),
              command::megabytes(own_bytes), own_bytes <= own_bytes_max);
  print_value("the city's columns", "", command::megabytes(usual->game_bytes));

  fmt::print("as the city grows, {:g} s each\n", seconds_each);
  for (std::uint64_t citizens = 10'000; citizens <= 10'000'000; citizens *= 10) {
    const auto run = run_city(citizens, seconds_each);
    if (!run.ok()) return run.status();
    const auto late = fmt::format("{} late of {}", run->frames.late, run->frames.frames);
    print_row(fmt::format("  {:>10} citizens, {}", command::grouped(citizens), late),
              spread_of(run->frames.times));
  }
  return absl::OkStatus();
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double seconds = 60, seconds_each = 4; // of the city of a million; of each city of the growth curve
  if (const auto status =
          read_options(count, values, {{"--seconds", &seconds}, {"--seconds-each", &seconds_each}});
      !status.ok())
    return conclude("bench_frame", status);
  spdlog::set_level(spdlog::level::critical);
  print_header("bench_frame");
  return conclude("bench_frame", measure(seconds, seconds_each));
}
