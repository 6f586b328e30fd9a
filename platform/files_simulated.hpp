#pragma once

#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/files.hpp"

namespace vesta::platform {

/// Files in memory, and the watcher that sees their changes. Paths are absolute; "/" and "/tmp" exist at
/// first. The same calls give the same names, events and errors on every run. Thread-safe.
class simulated_files final : public file_system, public file_watcher {
public:
  /// `time` stamps the events and outlives this.
  explicit simulated_files(const clock& time) : time_(time) {}

  /// Bytes that all files together may hold; a write beyond them fails as on a full disk. May be less than is
  /// in use.
  void set_capacity(std::uint64_t bytes);
  /// Hands the events that waited to the callbacks, in the order of the changes, and returns how many it
  /// were. What a callback changes waits for the next call. Callbacks run here, on the calling thread.
  std::size_t deliver();

  absl::StatusOr<std::string> read(const std::string& path, std::uint64_t limit_bytes) const override;
  absl::Status write(const std::string& path, std::string_view bytes) override;
  absl::StatusOr<file_info> info(const std::string& path) const override;
  absl::StatusOr<std::vector<std::string>> list(const std::string& path) const override;
  absl::Status make_directory(const std::string& path) override;
  absl::StatusOr<std::string> make_temporary_directory(std::string_view prefix) override;
  absl::Status remove(const std::string& path) override;
  void remove_later(const std::string& path) override { remove(path).IgnoreError(); }
  absl::Status copy(const std::string& from, const std::string& to) override;
  absl::StatusOr<std::uint64_t> free_bytes(const std::string& path) const override;

  /// The returned watch must not outlive this.
  absl::StatusOr<std::unique_ptr<watch>> start(const std::string& root, callback on_event) override;

private:
  class simulated_watch;

  bool exists(const std::string& path) const { return files_.contains(path) || directories_.contains(path); }
  std::uint64_t used() const;
  absl::Status put(const std::string& path, std::string bytes);
  void announce(const std::string& path);

  const clock& time_;
  mutable std::mutex mutex_; ///< guards all below
  std::map<std::string, std::string> files_;
  std::set<std::string> directories_ = {"/", "/tmp"};
  std::uint64_t capacity_ = std::numeric_limits<std::uint64_t>::max();
  unsigned temporaries_ = 0;
  std::uint64_t last_watch_ = 0;
  std::map<std::uint64_t, std::pair<std::string, callback>> watches_;
  std::vector<std::pair<std::uint64_t, file_event>> waiting_; ///< by watch
};

} // namespace vesta::platform
