#include "vesta/platform/pages.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

namespace vesta::platform {

absl::StatusOr<std::unique_ptr<pages>> pages::allocate(std::size_t bytes) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const auto mapped = (bytes + page - 1) / page * page + page;
  void* memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return absl::ResourceExhaustedError(fmt::format(
        "no memory for {} bytes: {}; use less or close other programs", bytes, std::strerror(errno)));
  auto* data = static_cast<std::byte*>(memory);
  madvise(data, mapped, MADV_HUGEPAGE);
  mprotect(data + mapped - page, page, PROT_NONE);
  // One write a page, so that the kernel finds the memory now and not in a frame.
  for (std::size_t at = 0; at < bytes; at += page) static_cast<volatile std::byte*>(data)[at] = std::byte{0};
  return std::unique_ptr<pages>(new pages(data, bytes, mapped));
}

pages::~pages() { munmap(data_, mapped_); }

bool pages::overrun_at(std::uintptr_t address) const {
  const auto begin = reinterpret_cast<std::uintptr_t>(data_);
  return begin + size_ <= address && address < begin + mapped_;
}

void pages::protect(bool read_only) {
  if (read_only == read_only_) return;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  mprotect(data_, mapped_ - page, read_only ? PROT_READ : PROT_READ | PROT_WRITE);
  read_only_ = read_only;
}

} // namespace vesta::platform
