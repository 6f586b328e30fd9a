#pragma once

// A small game of in-process modules, for the tests of the world.

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include "support/fake_module.hpp"
#include "vesta/runtime/world.hpp"

namespace vesta::test {

using Catch::Matchers::Contains;

constexpr std::uint64_t tile_count = 10'000;

inline world_options world_setup(std::uint32_t districts = 2) {
  world_options made;
  made.game = *parse_game(R"(name = "city"
[frame]
rate_hz = 50
[parameters.heat]
default = 1
min = 0
max = 10
[parameters.tiles]
default = 10000
min = 1
max = 10000
[parameters.map]
file = ""
[tables.tiles]
rows = "tiles"
[[modules]]
name = "fire"
source = "fire.cpp"
[[modules]]
name = "power"
source = "power.cpp"
)",
                          "g.toml");
  made.districts = districts;
  made.seed = 42;
  return made;
}

template <class T>
T* cells(const vesta_frame* frame, int column = 0) {
  return static_cast<T*>(frame->columns[column]);
}

/// Mixes row and frame into its column, so that the state depends on every step and on nothing else.
inline int burn(const vesta_frame* frame) {
  for (auto row = frame->begin; row < frame->end; ++row)
    cells<std::uint32_t>(frame)[row] =
        cells<std::uint32_t>(frame)[row] * 31 + static_cast<std::uint32_t>(row * frame->number);
  return 0;
}

/// Half-way through its rows it writes to nowhere.
inline int crash_half_way(const vesta_frame* frame) {
  burn(frame);
  volatile std::uintptr_t nowhere = 16;
  *reinterpret_cast<volatile int*>(nowhere) = 1;
  return 0;
}

inline fake_module fire_module() {
  fake_module fire("fire");
  fire.column("tiles", "burning", VESTA_OWN, VESTA_U32, 3);
  fire.descriptor.table = "tiles";
  fire.descriptor.step = burn;
  return fire;
}

inline fake_module power_module() {
  fake_module power("power");
  power.column("tiles", "volts", VESTA_OWN, VESTA_U8, 1);
  return power;
}

/// Runs frames until one fails.
inline std::optional<fault> run(world& game, int frames) {
  for (int i = 0; i < frames; ++i) {
    for (std::size_t stage = 0; stage < game.stages(); ++stage)
      for (std::uint32_t district = 0; district < game.districts(); ++district)
        if (auto what = game.step(stage, district)) return what;
    game.end_frame();
  }
  return {};
}

struct running_world {
  explicit running_world(std::uint32_t districts = 2)
      : game(*world::create(world_setup(districts), {power.version(), fire.version()})) {
    REQUIRE_FALSE(game->init());
  }

  template <class T>
  const T* column(const char* name) const {
    return reinterpret_cast<const T*>(game->columns().find({"tiles", name})->live->data());
  }

  fake_module fire = fire_module(), power = power_module();
  std::unique_ptr<world> game;
};

inline std::string message(const absl::Status& status) { return std::string(status.message()); }

} // namespace vesta::test
