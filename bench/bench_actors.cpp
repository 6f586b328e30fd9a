// The message path: logical actors, supervised and with all guarantees, against stock CAF 0.17.6 actors under
// its work stealing, on the same work, in turns. A figure is a ratio of throughputs: how often Vesta does
// what stock CAF does once.

#include <spdlog/spdlog.h>

#include "crowd.hpp"
#include "figures.hpp"

namespace vesta::bench {
namespace {

/// How much work a case is.
struct workload {
  std::uint32_t actors = 2;
  std::uint64_t messages = 0; ///< in all
};

/// Passes the packet on to a fixed neighbour until its hops are spent. Ping-pong, pairs and the ring.
template <class Port>
class passer final : public role<Port> {
public:
  passer(std::uint32_t next, std::latch& over) : next_(next), over_(over) {}
  void on(Port& out, const packet& what) override {
    if (what.a == 0) return over_.count_down();
    out.send(next_, {.a = what.a - 1});
  }

private:
  const std::uint32_t next_;
  std::latch& over_;
};

/// Counts what it gets.
template <class Port>
class counter final : public role<Port> {
public:
  counter(std::uint64_t expected, std::latch& over) : left_(expected), over_(over) {}
  void on(Port&, const packet&) override {
    if (--left_ == 0) over_.count_down();
  }

private:
  std::uint64_t left_;
  std::latch& over_;
};

/// Sends `a` packets to the actors from `first` to `first + b - 1` in turns, a burst at a time.
template <class Port>
class source final : public role<Port> {
public:
  source(std::uint32_t number, std::uint32_t first) : number_(number), first_(first) {}
  void on(Port& out, const packet& order) override {
    const auto now = std::min<std::uint64_t>(order.a, burst);
    for (std::uint64_t i = 0; i < now; ++i) {
      out.send(first_ + to_, {.from = number_});
      to_ = to_ + 1 < order.b ? to_ + 1 : 0;
    }
    if (order.a > now) out.send(number_, {.a = order.a - now, .b = order.b});
  }

private:
  static constexpr std::uint64_t burst = 1000;
  const std::uint32_t number_, first_;
  std::uint32_t to_ = 0;
};

/// Asks one random partner after the other, and answers.
template <class Port>
class talker final : public role<Port> {
public:
  talker(std::uint32_t number, std::uint32_t size, std::uint64_t talks, std::latch& over)
      : number_(number), size_(size), left_(talks), random_(number * 2654435761U + 1), over_(over) {}
  void on(Port& out, const packet& what) override {
    if (what.kind == question) return out.send(what.from, {.from = number_, .kind = answer});
    if (left_-- == 0) return over_.count_down();
    random_ = random_ * 1664525U + 1013904223U;
    out.send((random_ >> 8) % size_, {.from = number_, .kind = question});
  }
  static constexpr std::uint32_t question = 1, answer = 2;

private:
  const std::uint32_t number_, size_;
  std::uint64_t left_;
  std::uint32_t random_;
  std::latch& over_;
};

/// Messages a second.
template <class Crowd, class Make, class Begin>
double time_of(const platform::topology& cores, const workload& work, std::ptrdiff_t ends, Make make,
               Begin begin) {
  std::latch over{ends};
  Crowd crowd(cores, work.actors, [&](std::uint32_t i) { return make(i, over); });
  const auto began = now_ns();
  begin(crowd);
  over.wait();
  return static_cast<double>(work.messages) * 1e9 / (now_ns() - began);
}

template <class Crowd>
double pairs(const platform::topology& cores, const workload& work) {
  using port = typename Crowd::port;
  const auto count = work.actors / 2;
  return time_of<Crowd>(
      cores, work, count,
      [](std::uint32_t i, std::latch& over) { return std::make_unique<passer<port>>(i ^ 1U, over); },
      [&](Crowd& crowd) {
        for (std::uint32_t i = 0; i < count; ++i) crowd.tell(2 * i, {.a = work.messages / count});
      });
}

template <class Crowd>
double ring(const platform::topology& cores, const workload& work) {
  using port = typename Crowd::port;
  return time_of<Crowd>(
      cores, work, 1,
      [&](std::uint32_t i, std::latch& over) {
        return std::make_unique<passer<port>>((i + 1) % work.actors, over);
      },
      [&](Crowd& crowd) { crowd.tell(0, {.a = work.messages}); });
}

template <class Crowd>
double fan_in_outside(const platform::topology& cores, const workload& work) {
  using port = typename Crowd::port;
  return time_of<Crowd>(
      cores, work, 1,
      [&](std::uint32_t, std::latch& over) { return std::make_unique<counter<port>>(work.messages, over); },
      [&](Crowd& crowd) {
        for (std::uint64_t i = 0; i < work.messages; ++i) crowd.tell(0, {});
      });
}

/// Actor 0 counts, the others send.
template <class Crowd>
double fan_in(const platform::topology& cores, const workload& work) {
  using port = typename Crowd::port;
  return time_of<Crowd>(
      cores, work, 1,
      [&](std::uint32_t i, std::latch& over) -> std::unique_ptr<role<port>> {
        if (i == 0) return std::make_unique<counter<port>>(work.messages, over);
        return std::make_unique<source<port>>(i, 0);
      },
      [&](Crowd& crowd) {
        for (std::uint32_t i = 1; i < work.actors; ++i)
          crowd.tell(i, {.a = work.messages / (work.actors - 1), .b = 1});
      });
}

/// Actor 0 sends to all others in turns, which count.
template <class Crowd>
double fork_join(const platform::topology& cores, const workload& work) {
  using port = typename Crowd::port;
  const auto workers = work.actors - 1;
  return time_of<Crowd>(
      cores, work, workers,
      [&](std::uint32_t i, std::latch& over) -> std::unique_ptr<role<port>> {
        if (i == 0) return std::make_unique<source<port>>(0, 1);
        return std::make_unique<counter<port>>(work.messages / workers, over);
      },
      [&](Crowd& crowd) { crowd.tell(0, {.a = work.messages, .b = workers}); });
}

template <class Crowd>
double big(const platform::topology& cores, const workload& work) {
  using port = typename Crowd::port;
  const auto talks = work.messages / work.actors / 2;
  return time_of<Crowd>(
      cores, work, work.actors,
      [&](std::uint32_t i, std::latch& over) {
        return std::make_unique<talker<port>>(i, work.actors, talks, over);
      },
      [&](Crowd& crowd) {
        for (std::uint32_t i = 0; i < work.actors; ++i) crowd.tell(i, {.kind = talker<port>::answer});
      });
}

/// In turns, so that what else the machine does meets both alike.
template <class Vesta, class Stock>
void compare(std::string_view what, int rounds, double reach, Vesta vesta, Stock stock) {
  std::vector<double> ours, theirs, ratios;
  for (int i = 0; i < rounds; ++i) {
    ours.push_back(vesta());
    theirs.push_back(stock());
    ratios.push_back(ours.back() / theirs.back());
  }
  const auto [least, most] = std::ranges::minmax(ratios);
  const auto ratio = spread_of(ratios).median;
  fmt::print("{:<28}{:>10.1f}{:>10.1f}{:>9.1f} x  ({:.1f} to {:.1f}){:>8.1f} x  {}\n", what,
             spread_of(ours).median / 1e6, spread_of(theirs).median / 1e6, ratio, least, most, reach,
             ratio >= reach ? "reached" : "not reached");
  std::fflush(stdout);
}

absl::Status measure(int rounds, double scale, std::string_view only) {
  auto cores = platform::find_topology();
  if (!cores.ok()) return cores.status();
  // Stock CAF has a worker a core; so has the pool that the logical actors run in.
  cores->performance.insert(cores->performance.end(), cores->efficiency.begin(), cores->efficiency.end());
  const auto sized = [&](std::uint32_t actors, double messages) {
    return workload{actors, static_cast<std::uint64_t>(messages * scale)};
  };
  fmt::print("{:<28}{:>10}{:>10}{:>11}{:>15}{:>10}\n", "", "Vesta", "stock", "ratio", "spread", "reach");
#define VESTA_CASE(name, function, reach, ...)                                                               \
  if (only.empty() || only == name) {                                                                        \
    const workload work = sized(__VA_ARGS__);                                                                \
    compare(                                                                                                 \
        name, rounds, reach, [&] { return function<logical_crowd>(*cores, work); },                          \
        [&] { return function<stock_crowd>(*cores, work); });                                                \
  }
  VESTA_CASE("ping-pong", pairs, 9, 2, 1e6)
  VESTA_CASE("100 pairs", pairs, 25, 200, 4e6)
  VESTA_CASE("fan-in, outside thread", fan_in_outside, 5, 1, 1e6)
  VESTA_CASE("fan-in, 4 actors", fan_in, 3.5, 5, 2e6)
  VESTA_CASE("ring of 100", ring, 8, 100, 1e6)
  VESTA_CASE("big, 120 actors", big, 11, 120, 2.4e6)
  VESTA_CASE("fork-join, 60 actors", fork_join, 9, 61, 3e6)
#undef VESTA_CASE
  return absl::OkStatus();
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double rounds = 5, scale = 1;
  std::string_view only;
  if (count >= 3 && std::string_view(values[1]) == "--only") {
    only = values[2];
    count -= 2;
    values += 2;
  }
  if (const auto status = read_options(count, values, {{"--rounds", &rounds}, {"--scale", &scale}});
      !status.ok())
    return conclude("bench_actors", status);
  spdlog::set_level(spdlog::level::critical);
  print_machine("bench_actors, million messages a second");
  return conclude("bench_actors", measure(static_cast<int>(rounds), scale, only));
}
