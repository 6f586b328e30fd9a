#pragma once

#include <absl/container/flat_hash_map.h>
#include <caf/actor.hpp>
#include <caf/actor_control_block.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "vesta/runtime/actor.hpp"

namespace vesta {

/// What an actor counts. Written by the actor alone but for what its senders count, read by anyone.
struct actor_counters {
  std::atomic<std::uint64_t> handled{0};   ///< messages whose handler returned
  std::atomic<std::uint64_t> sent{0};      ///< messages that left the outbox
  std::atomic<std::int64_t> busy_ns{0};    ///< in handlers
  std::atomic<std::int64_t> slowest_ns{0}; ///< handler
  std::atomic<std::uint64_t> failures{0};
  std::atomic<std::uint64_t> recovered{0}; ///< failures that were got over
  /// Messages answered with an error or dropped: isolated, stopped, no room while it cannot serve; by senders
  /// as well.
  std::atomic<std::uint64_t> refused{0};
  /// Messages for which the inbox had no room, refused or dropped; by senders as well.
  std::atomic<std::uint64_t> overflowed{0};
};

/// For a counter that one thread alone writes.
template <class T>
void count_up(std::atomic<T>& counter, std::type_identity_t<T> by = 1) {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

/// The actors and supervisors of a node by name. Finding those of its first tree needs no lock. Thread-safe.
class directory {
public:
  struct entry {
    std::shared_ptr<const actor_spec> spec;
    caf::strong_actor_ptr address;
    caf::actor supervisor;
    const actor_counters* counters = nullptr; ///< the actor's own
    std::uint32_t kind = 0;                   ///< actors of one class have one number

    const std::string& name() const { return spec->name; }
  };
  using entry_ptr = std::shared_ptr<const entry>;

  /// Room for so many actors of the first tree.
  void reserve(std::size_t actors) { first_by_name_.reserve(actors); }
  /// False for a name that is taken.
  bool add(entry what);
  /// Its parent is invalid for the root.
  void add_supervisor(const std::string& name, caf::actor address, caf::actor parent);
  /// From now on nothing but `remove` and `clear` changes what is in it already. Once, before it is shared.
  void settle() { settled_ = true; }
  /// False when there is no actor of that name.
  bool remove(std::string_view name);
  /// Null when there is no actor of that name.
  entry_ptr find(std::string_view name) const;
  /// Invalid when there is no supervisor of that name.
  caf::actor find_supervisor(std::string_view name) const;
  /// The parent of the supervisor of that name; invalid when there is none.
  caf::actor parent_of(std::string_view supervisor) const;
  /// Those of the first tree in the order of their start, then the others in any.
  std::vector<entry_ptr> entries() const;
  /// While nobody else uses it.
  void clear();

private:
  /// One of the first tree. It may go, but its place stays, so that readers need no lock.
  struct first_entry {
    const entry what;
    std::atomic<bool> is_gone{false};
    explicit first_entry(entry it) : what(std::move(it)) {}
    /// With nothing to count: it stays.
    entry_ptr unowned() const { return {entry_ptr(), &what}; }
  };
  first_entry* find_first(std::string_view name) const;

  bool settled_ = false;
  std::deque<first_entry> first_;
  absl::flat_hash_map<std::string_view, first_entry*> first_by_name_;
  struct placed_supervisor {
    caf::actor address, parent;
  };
  absl::flat_hash_map<std::string, placed_supervisor> supervisors_;
  mutable std::shared_mutex mutex_; ///< for what follows
  absl::flat_hash_map<std::string_view, entry_ptr> later_;
};

} // namespace vesta
