#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace vesta::platform {

struct file_info {
  std::uint64_t size_bytes = 0;
  bool is_directory = false;
};

/// Files by path. Each error is a sentence that names the path and the system's reason. Thread-safe.
class file_system {
public:
  virtual ~file_system() = default;

  /// The whole file; `limit_bytes` bounds it, a larger one is kResourceExhausted. kInvalidArgument for what
  /// is no regular file.
  virtual absl::StatusOr<std::string> read(const std::string& path, std::uint64_t limit_bytes) const = 0;
  /// Writes beside the path and renames, so that a reader sees the old file or the new one, never a part; an
  /// existing file keeps its permissions, a link its target. What is no regular file (a pipe, /dev/stdout) is
  /// written directly. A full disk is kResourceExhausted and leaves the old file. The new one is not forced
  /// to disk.
  virtual absl::Status write(const std::string& path, std::string_view bytes) = 0;
  virtual absl::StatusOr<file_info> info(const std::string& path) const = 0;
  /// Names in a directory, sorted, without "." and "..".
  virtual absl::StatusOr<std::vector<std::string>> list(const std::string& path) const = 0;
  /// Makes the directory and its parents.
  virtual absl::Status make_directory(const std::string& path) = 0;
  /// A new, empty directory whose name begins with `prefix`, in the system's place for temporary files.
  virtual absl::StatusOr<std::string> make_temporary_directory(std::string_view prefix) = 0;
  /// Removes a file, or a directory with all that is in it; no error where there is nothing.
  virtual absl::Status remove(const std::string& path) = 0;
  /// The same, soon and without making the caller wait: a disk may take half a second over it. What cannot be
  /// removed stays.
  virtual void remove_later(const std::string& path) = 0;
  /// Copies a file, or a directory with all that is in it, over what is there. Where it fails, nothing new
  /// remains at a `to` that did not exist; kInvalidArgument when `to` lies in `from`.
  virtual absl::Status copy(const std::string& from, const std::string& to) = 0;
  /// Bytes that an ordinary user can still write where `path` lies.
  virtual absl::StatusOr<std::uint64_t> free_bytes(const std::string& path) const = 0;
};

/// The system's files.
file_system& real_files();

/// What a watch reports: a file was written and closed, moved into place, moved away, or removed. Which of
/// them, the file tells; one change may be reported twice, but none is lost.
struct file_event {
  std::string path;       ///< begins with the watch's root as it was given
  std::int64_t at_ns = 0; ///< on the steady clock, when the reader woke
  std::string problem;    ///< empty, or why the watch no longer sees what is below `path`; a root that comes
                          ///< back is watched again
};

/// Reports changes below directories, new ones included; symbolic links are not followed. The callback runs
/// on the watcher's own thread and must not block: it sends a message.
class file_watcher {
public:
  using callback = std::function<void(const file_event&)>;
  /// Ends the watch when destroyed (not by its callback); after that the callback does not run again.
  class watch {
  public:
    virtual ~watch() = default;
  };

  virtual ~file_watcher() = default;
  /// From its return on no change is missed. kNotFound when there is no such directory; kResourceExhausted,
  /// with the setting to raise, when the system's watches are used up.
  virtual absl::StatusOr<std::unique_ptr<watch>> start(const std::string& root, callback on_event) = 0;
};

/// The kernel's inotify, one thread a watch. When its queue ran over, and when a root that was gone is
/// back, every file is reported.
file_watcher& inotify_watcher();

} // namespace vesta::platform
