#include <algorithm>
#include <atomic>
#include <cerrno>
#include <dlfcn.h>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <link.h>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "vesta/platform/descriptor.hpp"
#include "vesta/platform/library.hpp"

// Newer than Debian 12's headers; older kernels refuse it as unknown.
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace vesta::platform {
namespace {

/// A path to `fd` that no load of this process has used before. The loader takes a path that it has seen for
/// the same image, and descriptor numbers come back; spellings of "/proc/self/fd/7" do not: the count's
/// binary digits go in as
/// "/." and "//", which mean nothing to the kernel.
std::string fresh_path(int fd) {
  static std::atomic<std::uint64_t> loads{0};
  std::string path = "/proc/self";
  for (std::uint64_t n = ++loads; n != 0; n /= 2) path += n % 2 != 0 ? "/." : "//";
  return path + fmt::format("/fd/{}", fd);
}

/// An anonymous file with these bytes that nobody can change again, called `name` in /proc/PID/maps.
absl::StatusOr<descriptor> sealed_file(std::string_view image, const std::string& name) {
  const std::string shown = name.substr(0, 200); // memfd_create allows 249
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  descriptor file(memfd_create(shown.c_str(), flags | MFD_EXEC));
  if (!file && errno == EINVAL) file = descriptor(memfd_create(shown.c_str(), flags));
  if (!file) return absl::ErrnoToStatus(errno, fmt::format("no memory file for module {}", name));
  for (std::string_view rest = image; !rest.empty();) {
    const ssize_t written = write(file.get(), rest.data(), rest.size());
    if (written < 0 && errno != EINTR)
      return absl::ErrnoToStatus(errno, fmt::format("module {} cannot be copied into memory", name));
    rest.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
  }
  fcntl(file.get(), F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  return file;
}

/// Where the image that was loaded from `path` lies.
address_range loaded_range(const char* path) {
  struct search {
    const char* path;
    address_range found;
  } wanted{path, {}};
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* data) {
        auto& [name, found] = *static_cast<search*>(data);
        if (std::string_view(info->dlpi_name) != name) return 0;
        found = {~std::uintptr_t{0}, 0};
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const ElfW(Phdr)& segment = info->dlpi_phdr[i];
          if (segment.p_type != PT_LOAD) continue;
          found.begin = std::min(found.begin, info->dlpi_addr + segment.p_vaddr);
          found.end = std::max(found.end, info->dlpi_addr + segment.p_vaddr + segment.p_memsz);
        }
        return 1;
      },
      &wanted);
  return wanted.found;
}

class mapped_library;

/// Images that are loaded now, for `describe_address`. Never destroyed: a library may outlive every static.
struct registry {
  std::mutex mutex;
  std::vector<const mapped_library*> images;

  static registry& instance() {
    static auto& all = *new registry;
    return all;
  }
};

/// A view of the whole file. It costs no memory: the segments keep the file's pages alive anyway.
class file_view {
public:
  file_view(int fd, std::size_t size) : at_(mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0)), size_(size) {}
  ~file_view() {
    if (at_ != MAP_FAILED) munmap(at_, size_);
  }
  file_view(const file_view&) = delete;
  file_view& operator=(const file_view&) = delete;
  /// Empty when the system refused the mapping.
  std::string_view bytes() const {
    return at_ == MAP_FAILED ? std::string_view() : std::string_view(static_cast<const char*>(at_), size_);
  }

private:
  void* at_;
  std::size_t size_;
};

class mapped_library final : public library {
public:
  mapped_library(void* handle, std::string name, int file, std::size_t size)
      : handle_(handle), name_(std::move(name)), file_(file, size) {
    link_map* map = nullptr;
    dlinfo(handle, RTLD_DI_LINKMAP, &map);
    base_ = map->l_addr;
    range_ = loaded_range(map->l_name);
    auto& all = registry::instance();
    const std::lock_guard lock(all.mutex);
    all.images.push_back(this);
  }

  ~mapped_library() override {
    auto& all = registry::instance();
    {
      const std::lock_guard lock(all.mutex);
      std::erase(all.images, this);
    }
    dlclose(handle_);
  }

  void* symbol(const std::string& name) const override { return dlsym(handle_, name.c_str()); }
  address_range range() const override { return range_; }

  std::string describe(std::uintptr_t address) const {
    const std::string function = function_at(file_.bytes(), address - base_);
    return function.empty() ? fmt::format("{}+{:#x}", name_, address - base_)
                            : fmt::format("{}: {}", name_, function);
  }

private:
  void* handle_;
  std::string name_;
  file_view file_;
  std::uintptr_t base_ = 0;
  address_range range_;
};

class memfd_loader final : public library_loader {
public:
  absl::StatusOr<elf_image> inspect(std::string_view image) const override { return read_elf(image); }

  absl::StatusOr<std::unique_ptr<library>> load(std::string_view image, const std::string& name) override {
    const auto file = sealed_file(image, name);
    if (!file.ok()) return file.status();
    const std::string path = fresh_path(file->get());
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      std::string reason = dlerror();
      if (reason.starts_with(path + ": ")) reason.erase(0, path.size() + 2);
      return absl::FailedPreconditionError(fmt::format("module {} cannot be loaded: {}", name, reason));
    }
    return std::make_unique<mapped_library>(handle, name, file->get(), image.size());
  }
};

} // namespace

library_loader& real_libraries() {
  static memfd_loader loader;
  return loader;
}

std::string describe_address(std::uintptr_t address) {
  {
    auto& all = registry::instance();
    const std::lock_guard lock(all.mutex);
    for (const mapped_library* image : all.images)
      if (image->range().holds(address)) return image->describe(address);
  }
  Dl_info info;
  if (dladdr(reinterpret_cast<void*>(address), &info) == 0) return fmt::format("{:#x}", address);
  const std::string file = std::filesystem::path(info.dli_fname).filename();
  if (info.dli_sname == nullptr)
    return fmt::format("{}+{:#x}", file, address - reinterpret_cast<std::uintptr_t>(info.dli_fbase));
  return fmt::format("{}: {}+{:#x}", file, info.dli_sname,
                     address - reinterpret_cast<std::uintptr_t>(info.dli_saddr));
}

} // namespace vesta::platform
