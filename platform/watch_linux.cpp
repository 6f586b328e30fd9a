#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fmt/format.h>
#include <poll.h>
#include <set>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <thread>
#include <unordered_map>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/descriptor.hpp"
#include "vesta/platform/files.hpp"
#include "vesta/platform/thread.hpp"

namespace vesta::platform {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t events_of_interest = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                             IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR |
                                             IN_EXCL_UNLINK;

/// How often a root that went away is looked for: nothing else says that it is back.
constexpr int look_every_ms = 100;

/// A hard or symbolic link is there at once; other files announce themselves when their writer closes them.
bool is_link(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && (S_ISLNK(status.st_mode) || status.st_nlink > 1);
}

bool is_below(const std::string& path, const std::string& directory) {
  return path.size() > directory.size() && path.starts_with(directory) && path[directory.size()] == '/';
}

absl::Status watch_error(int error, const std::string& path) {
  const std::string_view remedy = error == ENOSPC   ? " (raise fs.inotify.max_user_watches with sysctl)"
                                  : error == EMFILE ? " (raise fs.inotify.max_user_instances with sysctl)"
                                                    : "";
  return absl::ErrnoToStatus(error, fmt::format("cannot watch {}{}", path, remedy));
}

/// The tree below `root` as it was last seen. Everything but start() and stop() happens on the watch's own
/// thread.
class inotify_watch final : public file_watcher::watch {
public:
  inotify_watch(std::string root, file_watcher::callback on_event)
      : root_(std::move(root)), on_event_(std::move(on_event)) {}

  ~inotify_watch() override {
    if (!thread_.joinable()) return;
    ::eventfd_write(stop_.get(), 1);
    thread_.join();
  }

  absl::Status start();

private:
  void run();
  void handle(const inotify_event& event);
  void handle_directory(const inotify_event& event, const std::string& path);
  absl::Status add_directory(const std::string& path);
  void forget(const std::string& directory);
  void rescan();
  void lose_root();
  void look_for_root();
  void report(const std::string& path, std::string problem = {}) {
    on_event_({path, woke_ns_, std::move(problem)});
  }

  const std::string root_;
  const file_watcher::callback on_event_;
  descriptor inotify_, stop_;
  std::unordered_map<int, std::string> directories_; ///< by watch descriptor
  std::set<std::string> files_;                      ///< to name those that vanish with their directory
  nanoseconds woke_ns_ = 0;
  bool lost_ = false;      ///< the root is not there
  bool reporting_ = false; ///< false during start(), which only learns what is there
  std::thread thread_;
};

absl::Status inotify_watch::start() {
  inotify_ = descriptor(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!inotify_) return watch_error(errno, root_);
  stop_ = descriptor(::eventfd(0, EFD_CLOEXEC));
  if (!stop_) return watch_error(errno, root_);
  if (auto status = add_directory(root_); !status.ok()) return status;
  reporting_ = true;
  thread_ = std::thread([this] { run(); });
  return absl::OkStatus();
}

void inotify_watch::run() {
  pin_this_thread({}, "vesta-watch"); // not on the core of whoever asked
  alignas(inotify_event) char buffer[64 * 1024];
  pollfd waits[] = {{stop_.get(), POLLIN, 0}, {inotify_.get(), POLLIN, 0}};
  while (true) {
    if (::poll(waits, 2, lost_ ? look_every_ms : -1) < 0 && errno != EINTR) return;
    if (waits[0].revents != 0) return;
    const auto size = ::read(inotify_.get(), buffer, sizeof buffer);
    woke_ns_ = steady_clock().now();
    for (const char* at = buffer; at < buffer + std::max<ssize_t>(size, 0);) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      handle(event);
      at += sizeof event + event.len;
    }
    if (lost_) look_for_root();
  }
}

void inotify_watch::handle(const inotify_event& event) {
  if ((event.mask & IN_Q_OVERFLOW) != 0) return rescan();
  const auto directory = directories_.find(event.wd);
  if (directory == directories_.end()) return; // of a directory that was moved away in the meantime
  if ((event.mask & (IN_DELETE_SELF | IN_MOVE_SELF)) != 0) {
    if (directory->second != root_) return; // its parent reports that
    return lose_root();
  }
  if ((event.mask & IN_IGNORED) != 0) {
    directories_.erase(directory);
    return;
  }
  const auto path = directory->second + '/' + event.name;
  if ((event.mask & IN_ISDIR) != 0) return handle_directory(event, path);
  if ((event.mask & IN_CREATE) != 0 && !is_link(path)) return;
  if ((event.mask & (IN_DELETE | IN_MOVED_FROM)) != 0)
    files_.erase(path);
  else
    files_.insert(path);
  report(path);
}

void inotify_watch::handle_directory(const inotify_event& event, const std::string& path) {
  if ((event.mask & (IN_MOVED_FROM | IN_DELETE)) != 0) return forget(path);
  if ((event.mask & (IN_CREATE | IN_MOVED_TO)) == 0) return;
  const auto status = add_directory(path);
  if (!status.ok() && !absl::IsNotFound(status))
    report(path, std::string(status.message())); // not found: gone again
}

/// Watches a directory and all below it. The watch comes before the look, so that no file slips in between.
absl::Status inotify_watch::add_directory(const std::string& path) {
  const auto follow = path == root_ ? 0u : static_cast<std::uint32_t>(IN_DONT_FOLLOW);
  const int wd = ::inotify_add_watch(inotify_.get(), path.c_str(), events_of_interest | follow);
  if (wd < 0) return watch_error(errno, path);
  directories_[wd] = path;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
    const auto name = it->path().string();
    std::error_code gone;
    if (fs::is_directory(it->symlink_status(gone))) {
      auto status = add_directory(name);
      if (!status.ok() && !absl::IsNotFound(status)) return status;
    } else if (!gone) {
      files_.insert(name);
      if (reporting_) report(name);
    }
  }
  return absl::OkStatus();
}

/// Ends the watches of a directory that went away, and reports the files that were in it.
void inotify_watch::forget(const std::string& directory) {
  for (auto it = directories_.begin(); it != directories_.end();) {
    const bool gone = it->second == directory || is_below(it->second, directory);
    if (gone) ::inotify_rm_watch(inotify_.get(), it->first);
    it = gone ? directories_.erase(it) : std::next(it);
  }
  for (auto it = files_.lower_bound(directory + '/'); it != files_.end() && is_below(*it, directory);) {
    const auto path = *it;
    it = files_.erase(it);
    report(path);
  }
}

/// After lost events: reports every file that is there or was. Times and sizes could hide a change from a
/// comparison.
void inotify_watch::rescan() {
  forget(root_);
  const auto status = add_directory(root_);
  if (absl::IsNotFound(status)) return lose_root();
  if (!status.ok()) report(root_, std::string(status.message()));
}

void inotify_watch::lose_root() {
  forget(root_);
  lost_ = true;
  report(root_, "the watched directory is gone; edits are seen again once it is back");
}

/// Once the root is back, every file in it is reported: any may have changed meanwhile.
void inotify_watch::look_for_root() {
  const auto status = add_directory(root_);
  lost_ = absl::IsNotFound(status);
  if (!lost_ && !status.ok()) report(root_, std::string(status.message()));
}

class linux_watcher final : public file_watcher {
public:
  absl::StatusOr<std::unique_ptr<watch>> start(const std::string& root, callback on_event) override {
    const auto end = root.find_last_not_of('/');
    auto made = std::make_unique<inotify_watch>(end == root.npos ? root : root.substr(0, end + 1),
                                                std::move(on_event));
    if (auto status = made->start(); !status.ok()) return status;
    return made;
  }
};

} // namespace

file_watcher& inotify_watcher() {
  static linux_watcher instance;
  return instance;
}

} // namespace vesta::platform
