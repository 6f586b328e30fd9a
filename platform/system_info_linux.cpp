#include "vesta/platform/system_info.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "vesta/platform/descriptor.hpp"
#include "vesta/platform/files.hpp"

namespace vesta::platform {

namespace {

/// The number that a file of /proc or /sys begins with, after `label`; 0 where there is none.
std::uint64_t number_in(const std::string& path, std::string_view label = "") {
  const auto text = real_files().read(path, 1 << 20);
  if (!text.ok()) return 0;
  const auto found = text->find(label);
  if (found == std::string::npos) return 0;
  const auto digits = text->find_first_not_of(" \t", found + label.size());
  if (digits == std::string::npos) return 0;
  std::uint64_t number = 0;
  std::from_chars(text->data() + digits, text->data() + text->size(), number);
  return number;
}

bool has_pidfd() {
  return static_cast<bool>(descriptor(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))));
}

bool has_memfd() { return static_cast<bool>(descriptor(::memfd_create("vesta", MFD_CLOEXEC))); }

} // namespace

std::string host_name() {
  struct utsname names {};
  return ::uname(&names) == 0 ? names.nodename : "";
}

system_info find_system_info() {
  system_info info;
  if (struct utsname names{}; ::uname(&names) == 0)
    info.kernel = fmt::format("{} {} {}", names.sysname, names.release, names.machine);
  info.pidfd = has_pidfd();
  info.memfd = has_memfd();
  info.idle_priority = ::sched_get_priority_max(SCHED_IDLE) == 0;
  info.watches_max = number_in("/proc/sys/fs/inotify/max_user_watches");
  info.watchers_max = number_in("/proc/sys/fs/inotify/max_user_instances");
  info.memory_bytes = number_in("/proc/meminfo", "MemTotal:") * 1024;
  if (const auto limit = number_in("/sys/fs/cgroup/memory.max"); limit != 0)
    info.memory_bytes = std::min(info.memory_bytes, limit);
  info.memory_free_bytes = std::min(number_in("/proc/meminfo", "MemAvailable:") * 1024, info.memory_bytes);
  std::error_code error;
  info.temporary_folder = std::filesystem::temp_directory_path(error).string();
  if (const char* chosen = std::getenv("TMPDIR"); error && chosen != nullptr) info.temporary_folder = chosen;
  return info;
}

std::string program_path() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).string();
}

bool output_is_terminal() {
  const char* kind = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

std::size_t output_rows() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

} // namespace vesta::platform
