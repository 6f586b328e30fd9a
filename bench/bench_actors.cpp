// The message path: logical actors, supervised and with all guarantees, against stock CAF 0.17.6 under each
// of its schedulers, and against Erlang and Go where they are installed: the same work, a process each, in
// turns. A figure is a ratio of throughputs: how often the peer does what stock CAF (work stealing) does
// once.

#include <spdlog/spdlog.h>

#include <cstdlib>
#include <filesystem>
#include <memory>

#include "bar_chart.hpp"
#include "crowd_cases.hpp"

namespace vesta::bench {
namespace {

/// Somebody who does the work: this very program, or one of `bench/peers`.
struct peer {
  std::string title;
  std::string command; ///< the case's name and the scale come behind it
};

struct settings {
  int rounds = 5;
  double scale = 1;
  std::string only;
};

// one measurement, in a process of its own

absl::StatusOr<double> throughput(const crowd_case& what, std::string_view who, double scale) {
  auto cores = platform::find_topology();
  if (!cores.ok()) return cores.status();
  // Stock CAF has a worker a core; so has the pool that the logical actors run in.
  cores->performance.insert(cores->performance.end(), cores->efficiency.begin(), cores->efficiency.end());
  stock_policy() = who == "sharing" ? "sharing" : "stealing";
  return (who == "vesta" ? what.logical : what.stock)(*cores, what.work.scaled(scale));
}

int measure_one(std::string_view who, std::string_view name, const std::string& scale) {
  const auto found = std::ranges::find(crowd_cases, name, &crowd_case::name);
  if (found == crowd_cases.end()) return conclude("bench_actors", absl::NotFoundError("no such case"));
  const auto figure = throughput(*found, who, std::strtod(scale.c_str(), nullptr));
  if (figure.ok()) fmt::print("{}\n", *figure);
  return conclude("bench_actors", figure.status());
}

// all of them

std::string output_of(const std::string& command) {
  std::string text;
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe{popen(command.c_str(), "r"), pclose};
  for (int c = 0; pipe && (c = std::fgetc(pipe.get())) != EOF;) text += static_cast<char>(c);
  return text;
}

std::vector<peer> find_peers(const std::filesystem::path& here) {
  const auto self = here.string() + " --one ";
  const std::string preload = "LD_PRELOAD=" VESTA_MIMALLOC " ";
  std::vector<peer> all{{"stock CAF", self + "stock"},
                        {"Vesta", self + "vesta"},
                        {"CAF, sharing", self + "sharing"},
                        {"stock, mimalloc", preload + self + "stock"},
                        {"Vesta, mimalloc", preload + self + "vesta"}};
  if (!output_of("command -v escript").empty())
    all.push_back({"Erlang", "escript " VESTA_PEERS "/crowd.escript"});
  const auto go = (here.parent_path() / "bench_actors_go").string();
  if (!output_of("command -v go").empty() &&
      std::system(("go build -o " + go + " " VESTA_PEERS "/crowd.go").c_str()) == 0)
    all.push_back({"Go", go});
  return all;
}

/// One line: who is how often as fast as the first. In turns, so that what else the machine does meets all
/// alike.
std::vector<double> compare(const crowd_case& what, const std::vector<peer>& peers, const settings& wanted) {
  std::vector<std::vector<double>> ratios(peers.size()), figures(peers.size());
  for (int round = 0; round < wanted.rounds; ++round)
    for (std::size_t i = 0; i < peers.size(); ++i) {
      const auto text =
          output_of(fmt::format("{} '{}' {} 2>/dev/null", peers[i].command, what.name, wanted.scale));
      figures[i].push_back(std::strtod(text.c_str(), nullptr));
      ratios[i].push_back(figures[i].back() / figures[0].back());
    }
  std::vector<double> medians;
  for (const auto& each : ratios) medians.push_back(spread_of(each).median);
  const auto [least, most] = std::ranges::minmax(ratios[1]);
  fmt::print("{:<24}{:>8.2f}{:>9.2f}{:>8.1f} x  {:<16}{:>5.1f} x", what.name,
             spread_of(figures[0]).median / 1e6, spread_of(figures[1]).median / 1e6, medians[1],
             fmt::format("({:.1f} to {:.1f})", least, most), what.reach);
  for (std::size_t i = 2; i < peers.size(); ++i) fmt::print("{:>15.1f} x", medians[i]);
  fmt::print("\n");
  std::fflush(stdout);
  return medians;
}

absl::Status measure(const settings& wanted) {
  const auto here = std::filesystem::read_symlink("/proc/self/exe");
  const auto peers = find_peers(here);
  fmt::print("{:<24}{:>8}{:>9}{:>10}  {:<16}{:>7}", "", "stock", "Vesta", "ratio", "spread", "reach");
  for (std::size_t i = 2; i < peers.size(); ++i) fmt::print("{:>17}", peers[i].title);
  fmt::print("\n");
  bar_chart chart{"Throughput, times stock CAF (work stealing)", {}, {}};
  for (std::size_t i = 1; i < peers.size(); ++i) chart.series.push_back(peers[i].title);
  for (const auto& each : crowd_cases) {
    if (!wanted.only.empty() && each.name != wanted.only) continue;
    const auto medians = compare(each, peers, wanted);
    chart.rows.push_back({std::string(each.name), {medians.begin() + 1, medians.end()}});
  }
  const auto plot = here.string() + ".svg";
  fmt::print("plot: {}\n", plot);
  return platform::real_files().write(plot, svg_of(chart));
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  spdlog::set_level(spdlog::level::critical);
  if (count == 5 && std::string_view(values[1]) == "--one")
    return measure_one(values[2], values[3], values[4]);
  settings wanted;
  double rounds = wanted.rounds;
  if (count >= 3 && std::string_view(values[1]) == "--only") {
    wanted.only = values[2];
    count -= 2;
    values += 2;
  }
  if (const auto status = read_options(count, values, {{"--rounds", &rounds}, {"--scale", &wanted.scale}});
      !status.ok())
    return conclude("bench_actors", status);
  wanted.rounds = static_cast<int>(rounds);
  print_machine("bench_actors, million messages a second");
  return conclude("bench_actors", measure(wanted));
}
