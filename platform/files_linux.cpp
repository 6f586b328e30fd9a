#include "vesta/platform/files.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <mutex>
#include <stop_token>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <thread>

#include "vesta/platform/descriptor.hpp"
#include "vesta/platform/thread.hpp"

namespace vesta::platform {

namespace {

namespace fs = std::filesystem;

/// absl appends the system's reason; we add the remedy where there is one.
absl::Status failure(int error, std::string_view what, const std::string& path) {
  const std::string_view remedy =
      error == ENOSPC || error == EDQUOT ? " (free some space there, or choose another place)" : "";
  return absl::ErrnoToStatus(error, fmt::format("cannot {} {}{}", what, path, remedy));
}

/// Writes and closes; 0, or the errno of what went wrong.
int fill(descriptor file, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return file.reset() ? 0 : errno;
}

/// A name in the same directory (rename does not cross file systems) that nobody else uses.
std::string name_beside(const std::string& path) {
  static std::atomic<unsigned> counter = 0;
  const fs::path target(path);
  const auto name = fmt::format(".{}.{}.{}.tmp", target.filename().string(), ::getpid(), counter++);
  return (target.parent_path() / name).string();
}

/// Removes one path after the other on a thread of its own, which is started for the first; at the program's
/// end what it has taken is gone.
class background_remover {
public:
  void take(std::string path) {
    const std::lock_guard lock(mutex_);
    paths_.push_back(std::move(path));
    if (!thread_.joinable()) thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    more_.notify_one();
  }

private:
  void run(const std::stop_token& stop) {
    pin_this_thread({}, "vesta-remover"); // not on the core of whoever came first
    std::unique_lock lock(mutex_);
    while (more_.wait(lock, stop, [this] { return !paths_.empty(); }) || !paths_.empty()) {
      const auto path = std::move(paths_.front());
      paths_.pop_front();
      lock.unlock();
      std::error_code ignored;
      fs::remove_all(path, ignored);
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable_any more_;
  std::deque<std::string> paths_;
  std::jthread thread_; // the last member: it ends first
};

class linux_files final : public file_system {
public:
  absl::StatusOr<std::string> read(const std::string& path, std::uint64_t limit_bytes) const override;
  absl::Status write(const std::string& path, std::string_view bytes) override;
  absl::StatusOr<file_info> info(const std::string& path) const override;
  absl::StatusOr<std::vector<std::string>> list(const std::string& path) const override;
  absl::Status make_directory(const std::string& path) override;
  absl::StatusOr<std::string> make_temporary_directory(std::string_view prefix) override;
  absl::Status remove(const std::string& path) override;
  void remove_later(const std::string& path) override { remover_.take(path); }
  absl::Status copy(const std::string& from, const std::string& to) override;
  absl::StatusOr<std::uint64_t> free_bytes(const std::string& path) const override;

private:
  background_remover remover_;
};

absl::StatusOr<std::string> linux_files::read(const std::string& path, std::uint64_t limit_bytes) const {
  // O_NONBLOCK: opening a pipe that nobody writes to would wait.
  const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return failure(errno, "read", path);
  if (!S_ISREG(status.st_mode))
    return absl::InvalidArgumentError(fmt::format("cannot read {}: it is not a regular file", path));
  const auto too_large = [&] {
    return absl::ResourceExhaustedError(
        fmt::format("cannot read {}: it is larger than the {} bytes allowed here", path, limit_bytes));
  };
  if (static_cast<std::uint64_t>(status.st_size) > limit_bytes) return too_large();
  std::string bytes;
  // One byte more than expected finds the end in one call, and notices a file that grows or has no size
  // (/proc).
  for (std::size_t want = std::max<std::size_t>(static_cast<std::size_t>(status.st_size) + 1, 4096);;) {
    const auto have = bytes.size();
    bytes.resize(have + want);
    const auto n = ::read(file.get(), bytes.data() + have, want);
    const int error = errno;
    bytes.resize(have + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && error == EINTR) continue;
    if (n < 0) return failure(error, "read", path);
    if (n == 0) return bytes;
    if (bytes.size() > limit_bytes) return too_large();
    want = std::max<std::size_t>(want - static_cast<std::size_t>(n), 64 * 1024);
  }
}

absl::Status linux_files::write(const std::string& path, std::string_view bytes) {
  const std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  const std::string target = resolved ? resolved.get() : path;
  struct stat status {};
  const bool exists = ::stat(target.c_str(), &status) == 0;
  if (exists && !S_ISREG(status.st_mode)) {
    descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const int error = file ? fill(std::move(file), bytes) : errno;
    return error == 0 ? absl::OkStatus() : failure(error, "write", path);
  }
  const auto temporary = name_beside(target);
  descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (!file) return failure(errno, "write", path);
  int error = exists && ::fchmod(file.get(), status.st_mode & 07777) != 0 ? errno : 0;
  if (error == 0) error = fill(std::move(file), bytes);
  if (error == 0 && ::rename(temporary.c_str(), target.c_str()) != 0) error = errno;
  if (error == 0) return absl::OkStatus();
  ::unlink(temporary.c_str());
  return failure(error, "write", path);
}

absl::StatusOr<file_info> linux_files::info(const std::string& path) const {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return failure(errno, "look at", path);
  return file_info{static_cast<std::uint64_t>(status.st_size), S_ISDIR(status.st_mode)};
}

absl::StatusOr<std::vector<std::string>> linux_files::list(const std::string& path) const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end; it.increment(error))
    names.push_back(it->path().filename().string());
  if (error) return failure(error.value(), "list", path);
  std::sort(names.begin(), names.end());
  return names;
}

absl::Status linux_files::make_directory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? failure(error.value(), "make the directory", path) : absl::OkStatus();
}

absl::StatusOr<std::string> linux_files::make_temporary_directory(std::string_view prefix) {
  std::error_code error;
  auto place = fs::temp_directory_path(error);
  if (error)
    return failure(error.value(), "make a temporary directory in",
                   place.empty() ? "$TMPDIR" : place.string());
  auto path = (place / fmt::format("{}XXXXXX", prefix)).string();
  if (::mkdtemp(path.data()) == nullptr)
    return failure(errno, "make a temporary directory in", place.string());
  return path;
}

absl::Status linux_files::remove(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  return error ? failure(error.value(), "remove", path) : absl::OkStatus();
}

absl::Status linux_files::copy(const std::string& from, const std::string& to) {
  std::error_code error;
  const auto source = fs::weakly_canonical(from, error), target = fs::weakly_canonical(to, error);
  if (std::mismatch(source.begin(), source.end(), target.begin(), target.end()).first == source.end())
    return absl::InvalidArgumentError(fmt::format("cannot copy {} to {}, which lies in it", from, to));
  const bool existed = fs::exists(fs::symlink_status(to, error));
  error.clear();
  fs::copy(from, to,
           fs::copy_options::recursive | fs::copy_options::overwrite_existing |
               fs::copy_options::copy_symlinks,
           error);
  if (!error) return absl::OkStatus();
  std::error_code ignored;
  if (!existed) fs::remove_all(to, ignored);
  return failure(error.value(), fmt::format("copy {} to", from), to);
}

absl::StatusOr<std::uint64_t> linux_files::free_bytes(const std::string& path) const {
  struct statvfs status {};
  if (::statvfs(path.c_str(), &status) != 0) return failure(errno, "look at the free space of", path);
  return std::uint64_t{status.f_bavail} * status.f_frsize;
}

} // namespace

file_system& real_files() {
  static linux_files instance;
  return instance;
}

} // namespace vesta::platform
