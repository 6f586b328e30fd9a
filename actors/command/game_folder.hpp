#pragma once

#include <absl/status/statusor.h>
#include <memory>
#include <string>

#include "vesta/platform/files.hpp"
#include "vesta/runtime/game.hpp"

namespace vesta::command {

/// The city that comes with Vesta: beside the installed program, or in the source tree that it was built
/// from.
absl::StatusOr<std::string> find_city(const platform::file_system& files);

/// The game in a folder; the error of one that is none says what a game's folder is.
absl::StatusOr<game_description> read_game_folder(const platform::file_system& files,
                                                  const std::string& folder);

/// A copy of a folder in the system's place for temporary files; removed with this.
class private_copy {
public:
  static absl::StatusOr<std::unique_ptr<private_copy>> make(platform::file_system& files,
                                                            const std::string& folder);
  ~private_copy();
  private_copy(const private_copy&) = delete;
  private_copy& operator=(const private_copy&) = delete;

  const std::string& folder() const { return folder_; }

private:
  private_copy(platform::file_system& files, std::string place);

  platform::file_system& files_;
  const std::string place_, folder_;
};

} // namespace vesta::command
