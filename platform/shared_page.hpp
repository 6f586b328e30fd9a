#pragma once

#include <absl/status/statusor.h>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vesta::platform {

/// Written and read whole, also from another process.
using shared_word = std::atomic<std::uint64_t>;
static_assert(shared_word::is_always_lock_free && sizeof(shared_word) == 8);

inline constexpr std::size_t shared_page_bytes = 4096;
inline constexpr std::size_t shared_page_words = shared_page_bytes / sizeof(shared_word);

/// A page that this process shows to others; its name goes with it.
class shared_page {
public:
  virtual ~shared_page() = default;
  /// Zero at first. Aligned to a page.
  virtual std::span<shared_word, shared_page_words> words() = 0;
};

/// A page of any process, to be read. Stays readable when its owner ends.
class shared_page_view {
public:
  virtual ~shared_page_view() = default;
  virtual std::span<const shared_word, shared_page_words> words() const = 0;
  /// False once the owner gave the page up or died, however it died.
  virtual bool owner_lives() const = 0;
};

/// Pages of 4,096 bytes that processes of one machine show each other by name. Each error is a sentence that
/// names the page. Thread-safe.
class shared_pages {
public:
  virtual ~shared_pages() = default;
  /// Takes the place of a page whose owner died; kAlreadyExists when a living one has this name, which holds
  /// no slash.
  virtual absl::StatusOr<std::unique_ptr<shared_page>> create(const std::string& name) = 0;
  /// kNotFound when there is none; kInvalidArgument for what is no such page. Changes nothing.
  virtual absl::StatusOr<std::unique_ptr<shared_page_view>> open(const std::string& name) const = 0;
  /// The names that begin so, sorted, those whose owner died included.
  virtual std::vector<std::string> list(std::string_view prefix) const = 0;
  /// Removes the pages whose name begins so and whose owner died, as far as this user may.
  virtual void remove_dead(std::string_view prefix) = 0;
};

/// POSIX shared memory. The owner holds a lock that the kernel gives back when it dies.
shared_pages& real_shared_pages();

} // namespace vesta::platform
