#pragma once

#include <absl/container/flat_hash_map.h>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "vesta/runtime/checkpoint_file.hpp"

namespace vesta {

/// Keeps the newest state of each actor on disk without making the actor wait: what an actor saves while its
/// state before is still being written replaces that. Any thread.
class checkpoint_writer {
public:
  /// Writes on a thread of its own, on these cores, or, without any, in place: who saves waits for the disk.
  /// `files` outlives this.
  checkpoint_writer(platform::file_system& files, std::string folder, std::vector<int> cores);
  checkpoint_writer(const checkpoint_writer&) = delete;
  checkpoint_writer& operator=(const checkpoint_writer&) = delete;
  ~checkpoint_writer() { finish(); }

  /// What cannot be written is told once to spdlog's default logger, and tried again with the next state.
  void save(const std::string& actor, std::uint32_t version, const std::vector<char>& state);
  /// The actor's state is over: nothing of it stays.
  void forget(const std::string& actor);
  /// As `checkpoint_files::load_newest`; of what was saved with an earlier writer.
  absl::StatusOr<loaded_state> load(std::string_view actor, const state_versions& versions) const {
    return checkpoints_.load_newest(actor, versions);
  }
  /// Returns when all is written. What is saved afterwards is written in place.
  void finish();

private:
  struct waiting_state {
    std::uint32_t version = 0;
    std::optional<std::string> bytes; ///< none: to be forgotten
  };
  void put(const std::string& actor, waiting_state what);
  void run();
  void write(const std::string& actor, const waiting_state& what);

  checkpoint_files checkpoints_;
  std::mutex mutex_; ///< for what follows
  std::condition_variable changed_;
  absl::flat_hash_map<std::string, waiting_state> waiting_; ///< by actor
  bool in_place_ = false;
  std::mutex writing_;                                     ///< for what follows
  absl::flat_hash_map<std::string, std::string> troubles_; ///< that were told, by actor
  std::jthread thread_;
};

} // namespace vesta
