// How it grows: from 100 to a million actors, messages between random partners, bytes an actor, time to come
// and go; the same inside a host's ticks; with traffic across both pools; and questions with deadlines, up to
// a million of them open at once.

#include <spdlog/spdlog.h>

#include <latch>

#include "crowd.hpp"
#include "figures.hpp"
#include "vesta/platform/thread.hpp"

namespace vesta::bench {
namespace {

struct question {
  std::uint64_t number = 0;
};
VESTA_MESSAGE(question);
struct reply {
  std::uint64_t number = 0;
};
VESTA_MESSAGE(reply);
struct order {
  std::uint64_t messages = 0;
};
VESTA_MESSAGE(order);

using clerk_actor = caf::typed_actor<caf::replies_to<question>::with<reply>>;
using walker_actor = caf::typed_actor<caf::reacts_to<order>>;

/// What the benchmark's actors share.
struct town {
  std::vector<walker_actor> walkers;
  std::latch* over = nullptr;
};

/// Passes an order on to a random other until its messages are spent.
class walker {
public:
  using interface = walker_actor;
  walker(context& self, std::uint32_t number)
      : self_(self), town_(self.use<town>()), random_(number * 2654435761U + 1) {}
  void on(const order& what) {
    if (what.messages == 0) return town_.over->count_down();
    random_ = random_ * 1664525U + 1013904223U;
    self_.send(town_.walkers[(random_ >> 8) % town_.walkers.size()], order{what.messages - 1});
  }

private:
  context& self_;
  town& town_;
  std::uint32_t random_;
};

class clerk {
public:
  using interface = clerk_actor;
  explicit clerk(context&) {}
  reply on(const question& asked) { return {asked.number}; }
};

/// Asks the clerk `messages` questions before it hears the first answer.
class asker {
public:
  using interface = walker_actor;
  using own = own_messages<answer<reply>>;
  explicit asker(context& self)
      : self_(self), town_(self.use<town>()), clerk_(self.peer<clerk_actor>("clerk")) {}
  void on(const order& what) {
    left_ = what.messages;
    for (std::uint64_t i = 0; i < what.messages; ++i)
      self_.ask(clerk_, question{i}, std::chrono::seconds(60));
  }
  void on(const answer<reply>&) {
    if (--left_ == 0) town_.over->count_down();
  }

private:
  context& self_;
  town& town_;
  const clerk_actor clerk_;
  std::uint64_t left_ = 0;
};

constexpr std::size_t unlimited = std::size_t(1) << 40;

struct crowd_of_walkers {
  town place;
  std::unique_ptr<node> actors;

  crowd_of_walkers(node_options options, std::uint32_t size, bool both_pools) {
    services lent;
    lent.lend(place);
    supervisor_spec tree{.name = "root"};
    for (std::uint32_t i = 0; i < size; ++i)
      tree.actors.push_back(
          spec_of<walker>({.name = std::to_string(i),
                           .where = both_pools && i % 2 ? placement::efficiency() : placement::performance(),
                           .inbox_limit = unlimited},
                          i));
    actors = std::make_unique<node>(std::move(options), std::move(tree), lent);
    for (std::uint32_t i = 0; i < size; ++i)
      place.walkers.push_back(actors->find<walker_actor>(std::to_string(i)));
    actors->start();
  }
};

/// Messages a second, of `tokens` orders that are on their way at once.
double walk(crowd_of_walkers& crowd, std::uint64_t messages, bool hosted) {
  const auto tokens = std::min<std::uint64_t>(crowd.place.walkers.size(), 1000);
  std::latch over{static_cast<std::ptrdiff_t>(tokens)};
  crowd.place.over = &over;
  const auto began = now_ns();
  for (std::uint64_t i = 0; i < tokens; ++i)
    crowd.actors->send(crowd.place.walkers[i], order{messages / tokens});
  while (hosted && !over.try_wait()) crowd.actors->tick({.budget = 2'000'000});
  over.wait();
  return static_cast<double>(messages) * 1e9 / (now_ns() - began);
}

void measure_size(const platform::topology& cores, std::uint32_t size, std::uint64_t messages) {
  const auto before = platform::process_memory().resident_bytes;
  auto began = now_ns();
  auto crowd = std::make_unique<crowd_of_walkers>(node_options{.cores = cores}, size, false);
  walk(*crowd, size, false); // each has been at work by then
  const auto came = (now_ns() - began) / size;
  const auto bytes = static_cast<double>(platform::process_memory().resident_bytes - before) / size;
  const auto pinned = walk(*crowd, messages, false);
  began = now_ns();
  crowd.reset();
  const auto went = (now_ns() - began) / size;
  const auto across = [&] {
    crowd_of_walkers both(node_options{.cores = cores}, size, true);
    return walk(both, messages, false);
  }();
  const auto hosted = [&] {
    crowd_of_walkers inside(node_options{.hosted = true}, size, false);
    return walk(inside, messages, true);
  }();
  fmt::print("{:>10}{:>12.2f}{:>14.2f}{:>12.2f}{:>14.0f}{:>14}{:>14}\n", size, pinned / 1e6, across / 1e6,
             hosted / 1e6, bytes, duration(came), duration(went));
  std::fflush(stdout);
}

void measure_questions(const platform::topology& cores, std::uint64_t open) {
  town place;
  services lent;
  lent.lend(place);
  node actors(
      {.cores = cores},
      {.name = "root",
       .actors =
           {spec_of<clerk>({.name = "clerk", .where = placement::performance(), .inbox_limit = unlimited}),
            spec_of<asker>({.name = "asker", .where = placement::performance(), .inbox_limit = unlimited})}},
      lent);
  actors.start();
  std::vector<double> each;
  for (int i = 0; i < 5; ++i) {
    std::latch over{1};
    place.over = &over;
    const auto began = now_ns();
    actors.send(actors.find<walker_actor>("asker"), order{open});
    over.wait();
    each.push_back((now_ns() - began) / static_cast<double>(open));
  }
  print_row(fmt::format("question and answer, {} open at once", open), spread_of(each));
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double messages = 1e6, largest = 1e6;
  if (const auto status = read_options(count, values, {{"--messages", &messages}, {"--largest", &largest}});
      !status.ok())
    return conclude("bench_growth", status);
  spdlog::set_level(spdlog::level::critical);
  const auto cores = vesta::platform::find_topology();
  if (!cores.ok()) return conclude("bench_growth", cores.status());
  print_machine("bench_growth, million messages a second between random partners");
  fmt::print("{:>10}{:>12}{:>14}{:>12}{:>14}{:>14}{:>14}\n", "actors", "one pool", "both pools", "hosted",
             "bytes each", "to come", "to go");
  for (double size = 100; size <= largest; size *= 10)
    measure_size(*cores, static_cast<std::uint32_t>(size), static_cast<std::uint64_t>(messages));
  print_header("bench_growth, requests");
  for (double open = 100; open <= largest; open *= 100)
    measure_questions(*cores, static_cast<std::uint64_t>(open));
  return conclude("bench_growth", absl::OkStatus());
}
