#include "vesta/runtime/pending_requests.hpp"

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <vector>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/timer_clock.hpp"

namespace vesta {

struct pending_requests::table {
  timer_clock& timers;
  std::deque<detail::pending_request> rooms; ///< stay where they are; used again
  std::vector<detail::pending_request*> free;
  absl::flat_hash_map<std::uint64_t, detail::pending_request*> by_id;

  detail::pending_request& room() {
    if (free.empty()) return rooms.emplace_back();
    auto* last = free.back();
    free.pop_back();
    return *last;
  }
  void give_back(detail::pending_request& what) {
    timers.remove(what);
    what.asker = nullptr;
    free.push_back(&what);
  }
};

pending_requests::pending_requests() = default;
pending_requests::~pending_requests() { close_all(); }

void pending_requests::open(timer_clock& timers, const caf::strong_actor_ptr& asker, std::uint64_t id,
                            platform::nanoseconds limit, detail::answer_maker make) {
  if (!table_) table_.reset(new table{timers, {}, {}, {}});
  auto& made = table_->room();
  made.id = id;
  made.asker = asker;
  made.make = make;
  table_->by_id[id] = &made;
  timers.add(made, limit);
}

detail::answer_maker pending_requests::close(std::uint64_t id) {
  if (!table_) return nullptr;
  const auto found = table_->by_id.find(id);
  if (found == table_->by_id.end()) return nullptr;
  auto& over = *found->second;
  table_->by_id.erase(found);
  table_->give_back(over);
  return over.make;
}

void pending_requests::close_all() {
  if (!table_) return;
  for (auto& [id, each] : table_->by_id) table_->give_back(*each);
  table_->by_id.clear();
}

std::size_t pending_requests::size() const { return table_ ? table_->by_id.size() : 0; }

} // namespace vesta
