#include "vesta/platform/shared_page.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "vesta/platform/descriptor.hpp"

namespace vesta::platform {

namespace {

namespace fs = std::filesystem;

/// Where Linux keeps what shm_open names; POSIX has no way to list it.
constexpr auto* folder = "/dev/shm";

std::string path_of(std::string_view name) { return fmt::format("{}/{}", folder, name); }

absl::Status failure(int error, std::string_view what, const std::string& name) {
  return absl::ErrnoToStatus(error, fmt::format("cannot {} the shared page {}", what, name));
}

/// A lock on the whole file that belongs to whoever holds it open.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// Asks and takes nothing, so that a reader never stands in an owner's way.
bool is_locked(const descriptor& file) {
  auto lock = whole_file();
  return ::fcntl(file.get(), F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool owner_lives(const std::string& name) {
  const descriptor file(::shm_open(name.c_str(), O_RDONLY | O_CLOEXEC, 0));
  return file && is_locked(file);
}

struct mapping {
  explicit mapping(const descriptor& file, int access)
      : memory(::mmap(nullptr, shared_page_bytes, access, MAP_SHARED, file.get(), 0)) {}
  ~mapping() {
    if (memory != MAP_FAILED) ::munmap(memory, shared_page_bytes);
  }
  mapping(const mapping&) = delete;
  mapping& operator=(const mapping&) = delete;

  bool stands() const { return memory != MAP_FAILED; }
  std::span<shared_word, shared_page_words> words() const {
    return std::span<shared_word, shared_page_words>(static_cast<shared_word*>(memory), shared_page_words);
  }

  void* const memory;
};

class linux_page final : public shared_page {
public:
  linux_page(std::string name, descriptor file)
      : name_(std::move(name)), file_(std::move(file)), memory_(file_, PROT_READ | PROT_WRITE) {}
  ~linux_page() override {
    if (is_named) ::shm_unlink(name_.c_str());
  }
  std::span<shared_word, shared_page_words> words() override { return memory_.words(); }
  bool stands() const { return memory_.stands(); }

  bool is_named = false;

private:
  const std::string name_;
  const descriptor file_; ///< holds the lock
  const mapping memory_;
};

class linux_view final : public shared_page_view {
public:
  explicit linux_view(descriptor file) : file_(std::move(file)), memory_(file_, PROT_READ) {}
  std::span<const shared_word, shared_page_words> words() const override { return memory_.words(); }
  bool owner_lives() const override { return is_locked(file_); }
  bool stands() const { return memory_.stands(); }

private:
  const descriptor file_;
  const mapping memory_;
};

class linux_pages final : public shared_pages {
public:
  absl::StatusOr<std::unique_ptr<shared_page>> create(const std::string& name) override;
  absl::StatusOr<std::unique_ptr<shared_page_view>> open(const std::string& name) const override;
  std::vector<std::string> list(std::string_view prefix) const override;
  void remove_dead(std::string_view prefix) override;
};

/// The page gets its name last, locked and of full size, so nobody ever sees one half made.
absl::StatusOr<std::unique_ptr<shared_page>> linux_pages::create(const std::string& name) {
  descriptor file(::open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644));
  if (!file) return failure(errno, "make", name);
  // Not ftruncate: where the memory is used up, that would only show as a crash at the first write.
  if (const int error = ::posix_fallocate(file.get(), 0, shared_page_bytes); error != 0)
    return failure(error, "make", name);
  auto lock = whole_file();
  if (::fcntl(file.get(), F_OFD_SETLK, &lock) != 0) return failure(errno, "lock", name);
  const auto unnamed = fmt::format("/proc/self/fd/{}", file.get());
  auto page = std::make_unique<linux_page>(name, std::move(file));
  if (!page->stands()) return failure(errno, "map", name);
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, path_of(name).c_str(), AT_SYMLINK_FOLLOW) == 0) {
      page->is_named = true;
      return page;
    }
    if (errno != EEXIST) return failure(errno, "name", name);
    if (owner_lives(name)) break;
    ::shm_unlink(name.c_str());
  }
  return absl::AlreadyExistsError(fmt::format("the shared page {} belongs to somebody else", name));
}

absl::StatusOr<std::unique_ptr<shared_page_view>> linux_pages::open(const std::string& name) const {
  descriptor file(::shm_open(name.c_str(), O_RDONLY | O_CLOEXEC, 0));
  if (!file) return failure(errno, "open", name);
  struct stat about {};
  if (::fstat(file.get(), &about) != 0) return failure(errno, "open", name);
  if (about.st_size != static_cast<off_t>(shared_page_bytes)) // reading beyond the end would be a crash
    return absl::InvalidArgumentError(
        fmt::format("{} has {} bytes and is no shared page", path_of(name), about.st_size));
  auto view = std::make_unique<linux_view>(std::move(file));
  if (!view->stands()) return failure(errno, "map", name);
  return view;
}

std::vector<std::string> linux_pages::list(std::string_view prefix) const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
    if (auto name = it->path().filename().string(); name.starts_with(prefix))
      names.push_back(std::move(name));
  std::ranges::sort(names);
  return names;
}

void linux_pages::remove_dead(std::string_view prefix) {
  for (const auto& name : list(prefix))
    if (!owner_lives(name)) ::shm_unlink(name.c_str());
}

} // namespace

shared_pages& real_shared_pages() {
  static linux_pages pages;
  return pages;
}

} // namespace vesta::platform
