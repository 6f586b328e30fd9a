#pragma once

#include <absl/container/flat_hash_map.h>
#include <caf/actor_control_block.hpp>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <vector>

namespace vesta {

/// What an actor counts. Written by the actor alone, read by anyone; each on a cache line of its own.
struct alignas(64) actor_counters {
  std::atomic<std::uint64_t> handled{0}; ///< messages whose handler returned
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> recovered{0}; ///< failures that were got over
  std::atomic<std::uint64_t> refused{
      0}; ///< messages answered with an error or dropped: isolated, stopped, full; by senders as well
  std::atomic<std::uint64_t> overflowed{
      0}; ///< messages for which the inbox had no room, refused or dropped; by senders as well
  std::atomic<std::uint64_t> sent{0};      ///< messages that left the outbox
  std::atomic<std::int64_t> busy_ns{0};    ///< in handlers
  std::atomic<std::int64_t> slowest_ns{0}; ///< handler
};
static_assert(sizeof(actor_counters) == 64);

/// For a counter that one thread alone writes.
template <class T>
void count_up(std::atomic<T>& counter, std::type_identity_t<T> by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

/// The actors of a node by name. Filled before the node starts and not changed afterwards, so reading needs
/// no lock.
class directory {
public:
  struct entry {
    std::string name;
    std::type_index interface = typeid(void);
    caf::strong_actor_ptr address;
    actor_counters* counters = nullptr;
    std::uint32_t kind = 0; ///< actors of one class have one number
  };

  /// Throws std::invalid_argument for a name that is taken.
  void add(entry what);
  /// Null when there is none of that name.
  const entry* find(std::string_view name) const;
  /// In the order of their start.
  const std::vector<entry>& entries() const { return entries_; }
  void clear();

private:
  std::vector<entry> entries_;
  absl::flat_hash_map<std::string, std::size_t> by_name_;
};

} // namespace vesta
