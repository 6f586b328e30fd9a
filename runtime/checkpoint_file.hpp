#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/platform/files.hpp"

namespace vesta {

/// The state of one actor as bytes.
struct saved_state {
  std::string actor;
  std::uint32_t version = 0;  ///< of the form of `bytes`, counted by the actor's author
  std::uint64_t sequence = 0; ///< of the checkpoint, counted from 1 for each actor
  std::string bytes;
};

/// The file's content: magic, format, sizes, numbers, checksum, the actor's name, and the bytes as a
/// Zstandard frame; integers are little-endian.
std::string checkpoint_content(const saved_state& state);

/// The way back. kDataLoss with a sentence for what is no checkpoint, was cut, changed, or written by a newer
/// Vesta; kResourceExhausted for a state of more than `limit_bytes`.
absl::StatusOr<saved_state> read_checkpoint(std::string_view content, std::uint64_t limit_bytes);

/// How an actor's state got its present form. A step makes the bytes of the next version of those of its key.
struct state_versions {
  using step = std::function<absl::StatusOr<std::string>(std::string_view)>;

  std::uint32_t current = 1;
  std::map<std::uint32_t, step> steps;

  /// Brings the state to `current`, one step after the other. An error, a sentence, for a newer state, for a
  /// step that is missing, and for one that fails or throws; the state is then as it was.
  absl::Status bring_up(saved_state& state) const;
};

struct checkpoint_file_settings {
  std::size_t keep = 2; ///< 1 and above: whole files for each actor; with 1 there is none before a broken one
  std::uint64_t limit_bytes = std::uint64_t{64} << 20; ///< no state is larger
};

struct loaded_state {
  saved_state state;
  std::vector<std::string> skipped; ///< newer ones that could not be used, newest first, a sentence each
};

/// The checkpoints of actors on disk: a directory for each actor, a file for each checkpoint. A reader sees a
/// checkpoint whole or not at all, unless the machine itself went down: files are not forced to disk, so the
/// newest one may be torn then, and the one before is used. Any thread; one at a time for the same actor.
class checkpoint_files {
public:
  /// `files` outlives this.
  checkpoint_files(platform::file_system& files, std::string folder, checkpoint_file_settings settings = {});

  /// Writes a checkpoint that is newer than all others of this actor, and returns its sequence number.
  /// Removes what lies before the last `keep` whole ones, and what a killed process left half written. On an
  /// error the older ones are as they were.
  absl::StatusOr<std::uint64_t> save(std::string_view actor, std::uint32_t version, std::string_view bytes);
  /// The newest checkpoint that can be read and brought up to `versions.current`. kNotFound when the actor
  /// has none; kDataLoss, with what is wrong with each, when none can be used.
  absl::StatusOr<loaded_state> load_newest(std::string_view actor, const state_versions& versions) const;
  /// All checkpoints of the actor; no error where there is none.
  absl::Status remove(std::string_view actor) { return files_.remove(folder_of(actor)); }
  /// Where the actor's checkpoints are.
  std::string folder_of(std::string_view actor) const;

private:
  struct entry {
    std::uint64_t sequence = 0;
    std::string path;
  };

  /// Newest first; empty where there is no directory.
  absl::StatusOr<std::vector<entry>> entries(const std::string& folder) const;
  absl::StatusOr<saved_state> read(std::string_view actor, const entry& from) const;
  void remove_old(std::string_view actor, const std::vector<entry>& older);

  platform::file_system& files_;
  std::string folder_;
  checkpoint_file_settings settings_;
};

/// A name as a file name, a different one for each: what is no letter, digit, '-' or '_' becomes %XX; beyond
/// 150 characters the rest becomes a hash.
std::string safe_file_name(std::string_view name);

} // namespace vesta
