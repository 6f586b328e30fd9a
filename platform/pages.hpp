#pragma once

#include <absl/status/statusor.h>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace vesta::platform {

/// Memory in whole pages of its own, zero-filled and touched, so that writing to it later faults no page in.
/// An inaccessible page follows it: running past the end is a crash and not another's data. Aligned to a page
/// at least.
class pages {
public:
  /// `bytes` > 0. kResourceExhausted when the system has no more.
  static absl::StatusOr<std::unique_ptr<pages>> allocate(std::size_t bytes);
  ~pages();
  pages(const pages&) = delete;
  pages& operator=(const pages&) = delete;

  std::byte* data() const { return data_; }
  std::size_t size() const { return size_; } ///< the bytes asked for
  /// Does `address` lie behind the data, where touching it is this memory's overrun?
  bool overrun_at(std::uintptr_t address) const;
  /// Makes a write a crash (true) or lets it be again (false). Not while another thread calls it.
  void protect(bool read_only);

private:
  pages(std::byte* data, std::size_t size, std::size_t mapped) : data_(data), size_(size), mapped_(mapped) {}

  std::byte* data_;
  std::size_t size_, mapped_; ///< `mapped_` counts the guard page
  bool read_only_ = false;
};

} // namespace vesta::platform
