#pragma once

#include <absl/status/statusor.h>
#include <memory>
#include <string>

#include "vesta/actors/command/game_folder.hpp"
#include "vesta/actors/engine.hpp"

namespace vesta::bench {

/// A copy of the city, so that nobody else edits its files, opened and not begun.
struct copied_city {
  std::unique_ptr<command::private_copy> files;
  std::unique_ptr<engine> game; // ends before its files go
};

/// `options` as for the engine; its folder and cores are filled in here.
inline absl::StatusOr<copied_city> open_city(engine_options options) {
  auto& files = platform::real_files();
  const auto city = command::find_city(files);
  if (!city.ok()) return city.status();
  auto copy = command::private_copy::make(files, *city);
  if (!copy.ok()) return copy.status();
  const auto cores = platform::find_topology();
  if (!cores.ok()) return cores.status();
  options.game_folder = (*copy)->folder();
  options.cores = *cores;
  auto game = engine::open(std::move(options));
  if (!game.ok()) return game.status();
  return copied_city{*std::move(copy), *std::move(game)};
}

} // namespace vesta::bench
