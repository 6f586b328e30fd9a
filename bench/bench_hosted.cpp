// The hosted scheduler: how far a tick overshoots its budget among 100,000 busy actors, what it costs to let
// the host do the work of a scheduler's threads, and the memory of an idle actor.

#include <spdlog/spdlog.h>

#include "crowd.hpp"
#include "figures.hpp"
#include "vesta/platform/thread.hpp"

namespace vesta::bench {
namespace {

constexpr platform::nanoseconds budget_ns = 2'000'000;

/// Works between 0.1 and 4 us, by its number, and sends to another; so there is always as much to do.
class worker final : public role<logical_port> {
public:
  worker(std::uint32_t number, std::uint32_t size) : random_(number * 2654435761U + 1), size_(size) {
    rounds_ = 50 + random_ % 2000;
  }
  void on(logical_port& out, const packet& what) override {
    auto sum = what.a;
    for (std::uint32_t i = 0; i < rounds_; ++i) sum = sum * 6364136223846793005U + 1442695040888963407U;
    random_ = random_ * 1664525U + 1013904223U;
    out.send((random_ >> 8) % size_, {.a = sum});
  }

private:
  std::uint32_t random_, size_, rounds_;
};

/// How far a loop overshoots the same budget that does nothing but look at the clock: what the machine takes.
double overshoot_of_bare_loop() {
  auto& clock = platform::steady_clock();
  const auto end = clock.now() + budget_ns;
  auto now = clock.now();
  while (now < end) now = clock.now();
  return static_cast<double>(now - end);
}

double p999_of(std::vector<double> values) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(static_cast<double>(values.size()) * 0.999)];
}

void measure_ticks(std::uint32_t size, int ticks) {
  const auto before = platform::process_memory().resident_bytes;
  const make_role<logical_port> make = [size](std::uint32_t i) { return std::make_unique<worker>(i, size); };
  address_book<crowd_actor> book;
  services lent;
  lent.lend(book);
  supervisor_spec tree{.name = "root"};
  for (std::uint32_t i = 0; i < size; ++i)
    tree.actors.push_back(spec_of<logical_member>({.name = std::to_string(i)}, &make, i));
  node actors({.hosted = true}, std::move(tree), lent);
  for (std::uint32_t i = 0; i < size; ++i) book.all.push_back(actors.find<crowd_actor>(std::to_string(i)));
  actors.start();
  while (actors.tick({.budget = budget_ns}).turns > 0) {
  }
  const auto bytes = static_cast<double>(platform::process_memory().resident_bytes - before) / size;

  for (std::uint32_t i = 0; i < size; ++i) actors.send(book.all[i], packet{.a = i});
  std::vector<double> overshoot, turns, bare;
  for (int i = 0; i < ticks; ++i) {
    const auto report = actors.tick({.budget = budget_ns});
    overshoot.push_back(static_cast<double>(std::max<std::int64_t>(-report.left, 0)));
    turns.push_back(static_cast<double>(report.turns));
    bare.push_back(overshoot_of_bare_loop());
  }
  const auto p999 = p999_of(overshoot);
  print_row(fmt::format("overshoot of a tick of 2 ms, {} actors", size), spread_of(overshoot));
  print_value("  its p99.9", "50.0 us", duration(p999), p999 <= 50'000);
  print_value("  that of a loop that only looks at the clock", "", duration(p999_of(bare)));
  print_value("  turns a tick", "", fmt::format("{:.0f}", spread_of(turns).median));
  print_value("  an idle actor, with spec and name", "", fmt::format("{:.0f} bytes", bytes));
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double ticks = 3000;
  if (const auto status = read_options(count, values, {{"--ticks", &ticks}}); !status.ok())
    return conclude("bench_hosted", status);
  spdlog::set_level(spdlog::level::critical);
  print_header("bench_hosted");
  for (const std::uint32_t size : {1'000U, 10'000U, 100'000U}) measure_ticks(size, static_cast<int>(ticks));
  return conclude("bench_hosted", absl::OkStatus());
}
