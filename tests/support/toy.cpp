#include "support/toy.hpp"

namespace vesta::test {
namespace {

constexpr auto* game_text = R"(name = "toy"
tuning = "tuning.toml"
[frame]
rate_hz = 1000
budget_ms = 1
[parameters.speed]
default = 1
min = 0
max = 10
[tables.things]
rows = 256
[tables.sums]
rows = 1
[[modules]]
name = "alpha"
source = "modules/alpha.cpp"
[[modules]]
name = "beta"
source = "modules/beta.cpp"
)";

} // namespace

toy_session::toy_session()
    : about{.ports = {time, files, files, processes, libraries, web},
            .listener = &host,
            .game = parse_game(game_text, "/toy/game.toml").value(),
            .folder = "/toy",
            .build_directory = "/builds",
            .include_directory = "/include",
            .compiler = "/usr/bin/g++",
            .build_cores = {0},
            .districts = 2,
            .probation_frames = 2} {}

toy_session::~toy_session() = default;

services toy_session::lent() {
  services all;
  all.lend(about);
  all.lend(slot);
  all.lend(queue);
  all.lend(commands);
  all.lend(running);
  all.lend(post);
  all.lend(others);
  return all;
}

} // namespace vesta::test
