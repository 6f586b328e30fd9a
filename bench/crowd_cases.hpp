#pragma once

// The work of bench_actors, written once for both kinds of crowd. bench/peers/ has the same work for other
// systems: who changes it here changes it there.

#include <algorithm>
#include <latch>

#include "crowd.hpp"
#include "figures.hpp"

namespace vesta::bench {

/// How much work a case is.
struct workload {
  std::uint32_t actors = 2;
  std::uint64_t messages = 0; ///< in all; 0: the actors are the work

  workload scaled(double by) const {
    const auto times = [&](auto count) {
      return static_cast<decltype(count)>(static_cast<double>(count) * by);
    };
    return messages > 0 ? workload{actors, times(messages)} : workload{times(actors), 0};
  }
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

/// So many actors come, and go again without a message.
template <class Crowd>
double spawn_and_stop(const platform::topology& cores, const workload& work) {
  const auto began = now_ns();
  {
    Crowd crowd(cores, work.actors,
                [](std::uint32_t i) { return std::make_unique<source<typename Crowd::port>>(i, 0); });
  }
  return static_cast<double>(work.actors) * 1e9 / (now_ns() - began);
}

/// One kind of work. Both functions give messages a second (of `spawn_and_stop`: actors).
struct crowd_case {
  std::string_view name;
  double reach; ///< times stock CAF
  workload work;
  double (*logical)(const platform::topology& cores, const workload& work);
  double (*stock)(const platform::topology& cores, const workload& work);
};

#define VESTA_CASE(name, reach, function, actors, messages)                                                  \
  crowd_case { name, reach, {actors, messages}, function<logical_crowd>, function<stock_crowd> }
inline const std::vector<crowd_case> crowd_cases = {
    VESTA_CASE("ping-pong", 9, pairs, 2, 1'000'000),
    VESTA_CASE("100 pairs", 25, pairs, 200, 4'000'000),
    VESTA_CASE("fan-in, outside thread", 5, fan_in_outside, 1, 1'000'000),
    VESTA_CASE("fan-in, 4 actors", 3.5, fan_in, 5, 2'000'000),
    VESTA_CASE("ring of 100", 8, ring, 100, 1'000'000),
    VESTA_CASE("big, 120 actors", 11, big, 120, 2'400'000),
    VESTA_CASE("fork-join, 60 actors", 9, fork_join, 61, 3'000'000),
    VESTA_CASE("spawn and stop, 20,000", 7, spawn_and_stop, 20'000, 0),
};
#undef VESTA_CASE

} // namespace vesta::bench
