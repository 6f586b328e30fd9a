#include "vesta/actors/command/game_folder.hpp"

#include <filesystem>
#include <fmt/format.h>

#include "vesta/platform/system_info.hpp"

namespace vesta::command {
namespace {

/// As one would type it: relative to the current directory for what lies below that.
std::string as_typed(const std::string& path) {
  std::error_code error;
  const auto near = std::filesystem::proximate(path, error).string();
  return error || near.starts_with("..") ? path : near;
}

} // namespace

absl::StatusOr<std::string> find_city(const platform::file_system& files) {
  const auto program = platform::program_path();
  const auto bin = program.substr(0, program.rfind('/'));
  const auto prefix = bin.substr(0, bin.rfind('/'));
  const auto installed = prefix + "/share/vesta/examples/city";
  const std::string in_tree = VESTA_SOURCE_DIR "/examples/city";
  for (const auto& folder : {installed, in_tree})
    if (files.info(folder + "/game.toml").ok()) return as_typed(folder);
  return absl::NotFoundError(fmt::format(
      "the city that comes with Vesta is neither at {} nor at {}; name a game's folder", installed, in_tree));
}

absl::StatusOr<game_description> read_game_folder(const platform::file_system& files,
                                                  const std::string& folder) {
  const auto info = files.info(folder);
  if (!info.ok())
    return absl::NotFoundError(fmt::format("there is no folder {}; name one with a game.toml", folder));
  if (!info->is_directory)
    return absl::InvalidArgumentError(
        fmt::format("{} is a file; name the folder with the game.toml", folder));
  if (!files.info(folder + "/game.toml").ok())
    return absl::NotFoundError(fmt::format("{} is no game: it has no game.toml", folder));
  return read_game(files, folder);
}

private_copy::private_copy(platform::file_system& files, std::string place)
    : files_(files), place_(std::move(place)), folder_(place_ + "/game") {}

private_copy::~private_copy() { files_.remove(place_).IgnoreError(); }

absl::StatusOr<std::unique_ptr<private_copy>> private_copy::make(platform::file_system& files,
                                                                 const std::string& folder) {
  auto place = files.make_temporary_directory("vesta_sim_");
  if (!place.ok()) return place.status();
  std::unique_ptr<private_copy> copy(new private_copy(files, *std::move(place)));
  if (auto status = files.copy(folder, copy->folder()); !status.ok()) return status;
  return copy;
}

} // namespace vesta::command
