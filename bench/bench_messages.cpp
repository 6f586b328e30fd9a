// What it costs to be a logical actor: messages a second between two of them, against stock CAF actors under
// CAF's own work stealing.

#include <caf/stateful_actor.hpp>
#include <semaphore>
#include <spdlog/spdlog.h>

#include "figures.hpp"
#include "vesta/runtime/node.hpp"
#include "vesta/runtime/prelude.hpp"

namespace vesta::bench {
namespace {

struct ball {
  std::uint64_t left = 0;
};
VESTA_MESSAGE(ball);

using player_actor = caf::typed_actor<caf::reacts_to<ball>>;

class player {
public:
  using interface = player_actor;
  player(context& self, const char* other)
      : self_(self), other_(self.peer<player_actor>(other)), over_(self.use<std::binary_semaphore>()) {}
  void on(const ball& m) { m.left == 0 ? over_.release() : self_.send(other_, ball{m.left - 1}); }

private:
  context& self_;
  const player_actor other_;
  std::binary_semaphore& over_;
};

/// Messages a second between two logical actors.
double play_logical(const platform::topology& cores, std::uint64_t messages) {
  std::binary_semaphore over{0};
  services lent;
  lent.lend(over);
  node both(
      {.cores = cores},
      {.name = "root",
       .actors = {spec_of<player>({.name = "ping"}, "pong"), spec_of<player>({.name = "pong"}, "ping")}},
      lent);
  both.start();
  const auto began = now_ns();
  both.send(both.find<player_actor>("ping"), ball{messages});
  over.acquire();
  return static_cast<double>(messages) * 1e9 / (now_ns() - began);
}

struct stock_state {
  caf::actor other;
};

caf::behavior stock_player(caf::stateful_actor<stock_state>* self, std::binary_semaphore* over) {
  return {[self](const caf::actor& other) { self->state.other = other; },
          [self, over](const ball& m) {
            m.left == 0 ? over->release() : self->send(self->state.other, ball{m.left - 1});
          }};
}

/// The same between two stock actors.
double play_stock(std::uint64_t messages) {
  std::binary_semaphore over{0};
  caf::actor_system_config config;
  caf::actor_system system{config};
  const auto ping = system.spawn(stock_player, &over), pong = system.spawn(stock_player, &over);
  caf::anon_send(ping, pong);
  caf::anon_send(pong, ping);
  const auto began = now_ns();
  caf::anon_send(ping, ball{messages});
  over.acquire();
  const auto took = now_ns() - began;
  for (const auto& one : {ping, pong}) caf::anon_send_exit(one, caf::exit_reason::kill);
  return static_cast<double>(messages) * 1e9 / took;
}

/// In turns, so that what else the machine does meets both alike.
void ping_pong(const platform::topology& cores, int rounds, std::uint64_t messages) {
  std::vector<double> logical, stock, ratios;
  for (int i = 0; i < rounds; ++i) {
    logical.push_back(play_logical(cores, messages));
    stock.push_back(play_stock(messages));
    ratios.push_back(logical.back() / stock.back());
  }
  const auto line = [](std::string_view what, const std::vector<double>& values, double scale,
                       std::string_view unit) {
    const auto [least, most] = std::ranges::minmax(values);
    fmt::print("{:<46}{:.2f}{} (median of {}; {:.2f} to {:.2f})\n", what, spread_of(values).median / scale,
               unit, values.size(), least / scale, most / scale);
  };
  line("ping-pong, logical actors", logical, 1e6, " million messages a second");
  line("ping-pong, stock CAF and its work stealing", stock, 1e6, " million messages a second");
  line("ping-pong, ratio", ratios, 1, " times stock");
}

absl::Status measure(int rounds) {
  const auto cores = platform::find_topology();
  if (!cores.ok()) return cores.status();
  ping_pong(*cores, rounds, 1'000'000);
  return absl::OkStatus();
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double rounds = 7; // of both, in turns
  if (const auto status = read_options(count, values, {{"--rounds", &rounds}}); !status.ok())
    return conclude("bench_messages", status);
  spdlog::set_level(spdlog::level::critical);
  print_header("bench_messages");
  return conclude("bench_messages", measure(static_cast<int>(rounds)));
}
