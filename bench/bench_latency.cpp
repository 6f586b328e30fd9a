// What a message costs that comes into a system at rest: from a thread of the host to an actor's handler, and
// from an actor to another one and back; at 1 kHz and at 50 Hz, for Vesta and for stock CAF in turns. And
// what a system at rest takes of the processor.

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <iterator>
#include <thread>

#include "crowd.hpp"
#include "figures.hpp"
#include "vesta/platform/thread.hpp"

namespace vesta::bench {
namespace {

/// When the handlers ran; 0 until then.
struct stamps {
  std::atomic<std::int64_t> there{0}, back{0};
};

constexpr std::uint32_t there = 0, back = 1; ///< kinds of packets, and the actors that get them

/// Actor 1 sends to actor 0, who answers; each notes when it heard.
template <class Port>
class echo final : public role<Port> {
public:
  explicit echo(stamps& at) : at_(at) {}
  void on(Port& out, const packet& what) override {
    if (what.kind == there) {
      at_.there = platform::steady_clock().now();
      if (what.from == back) out.send(back, {.kind = back});
    } else if (what.a == 1) {
      out.send(there, {.from = back, .kind = there});
    } else {
      at_.back = platform::steady_clock().now();
    }
  }

private:
  stamps& at_;
};

struct sample {
  std::vector<double> one_way, round_trip;
};

std::int64_t wait_for(const std::atomic<std::int64_t>& stamp) {
  while (stamp == 0) std::this_thread::sleep_for(std::chrono::microseconds(20));
  return stamp;
}

template <class Crowd>
void take(sample& into, const platform::topology& cores, int rate, int count) {
  stamps at;
  Crowd crowd(cores, 2, [&](std::uint32_t) { return std::make_unique<echo<typename Crowd::port>>(at); });
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(1'000'000'000 / rate));
    at.there = at.back = 0;
    auto began = platform::steady_clock().now();
    crowd.tell(there, {.kind = there});
    into.one_way.push_back(static_cast<double>(wait_for(at.there) - began));
    std::this_thread::sleep_for(std::chrono::nanoseconds(1'000'000'000 / rate));
    began = platform::steady_clock().now();
    crowd.tell(back, {.kind = back, .a = 1});
    into.round_trip.push_back(static_cast<double>(wait_for(at.back) - began));
  }
}

/// What the machine itself takes: a thread on an actor's core that sleeps as a worker does, and is woken.
std::vector<double> wake_bare_thread(const platform::topology& cores, int rate, int count) {
  std::vector<double> took;
  std::atomic<int> rung{0};
  std::atomic<std::int64_t> heard{0};
  std::jthread sleeper{[&] {
    platform::pin_this_thread(cores.performance, "bare");
    for (int i = 0; i < count; ++i) {
      rung.wait(i);
      heard = platform::steady_clock().now();
    }
  }};
  for (int i = 0; i < count; ++i) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(1'000'000'000 / rate));
    heard = 0;
    const auto began = platform::steady_clock().now();
    ++rung;
    rung.notify_one();
    took.push_back(static_cast<double>(wait_for(heard) - began));
  }
  return took;
}

void measure_latency(const platform::topology& cores, int rate, int count) {
  sample ours, stock;
  std::vector<double> bare;
  for (int i = 0; i < 3; ++i) {
    take<logical_crowd>(ours, cores, rate, count / 3);
    take<stock_crowd>(stock, cores, rate, count / 3);
    std::ranges::copy(wake_bare_thread(cores, rate, count / 3), std::back_inserter(bare));
  }
  const auto rows = [&](std::string_view what, const std::vector<double>& vesta,
                        const std::vector<double>& caf, std::optional<limit> most) {
    print_row(fmt::format("{}, {} Hz", what, rate), spread_of(vesta), most);
    print_row("  the same, stock CAF", spread_of(caf));
  };
  rows("one way into a sleeping system", ours.one_way, stock.one_way, limit{statistic::p99, 15'000});
  print_row("  a bare thread that is woken, no actor", spread_of(bare));
  rows("there and back, begun by an actor", ours.round_trip, stock.round_trip, std::nullopt);
}

double processor_seconds() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

/// Percent of one core.
template <class Crowd>
double idle_share(const platform::topology& cores, double seconds) {
  stamps at;
  Crowd crowd(cores, 100, [&](std::uint32_t) { return std::make_unique<echo<typename Crowd::port>>(at); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto before = processor_seconds();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  return (processor_seconds() - before) / seconds * 100;
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double samples = 900, seconds = 5;
  if (const auto status = read_options(count, values, {{"--samples", &samples}, {"--seconds", &seconds}});
      !status.ok())
    return conclude("bench_latency", status);
  spdlog::set_level(spdlog::level::critical);
  const auto cores = vesta::platform::find_topology();
  if (!cores.ok()) return conclude("bench_latency", cores.status());
  print_header("bench_latency");
  measure_latency(*cores, 1000, static_cast<int>(samples));
  measure_latency(*cores, 50, static_cast<int>(samples / 9));
  const auto ours = idle_share<logical_crowd>(*cores, seconds),
             stock = idle_share<stock_crowd>(*cores, seconds);
  print_value("processor time of 100 idle actors", "0.003 %", fmt::format("{:.4f} %", ours), ours <= 0.003);
  print_value("  the same, stock CAF", "", fmt::format("{:.4f} %", stock));
  return conclude("bench_latency", absl::OkStatus());
}
