#include "vesta/runtime/envelope.hpp"

#include <mutex>
#include <vector>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/error_bridge.hpp"

namespace vesta {
namespace {

/// Envelopes that threads hand each other at a time.
constexpr std::size_t batch_size = 64;

/// A free envelope's room.
struct vacancy {
  vacancy* next;
};

/// Full batches that no thread holds. Never destroyed, for threads may outlive all else.
class reserve {
public:
  vacancy* take() {
    {
      const std::lock_guard lock{mutex_};
      if (!batches_.empty()) {
        auto* batch = batches_.back();
        batches_.pop_back();
        return batch;
      }
    }
    auto* slab =
        static_cast<std::byte*>(::operator new (batch_size * sizeof(envelope), std::align_val_t{64}));
    vacancy* batch = nullptr;
    for (std::size_t i = batch_size; i-- > 0;) batch = new (slab + i * sizeof(envelope)) vacancy{batch};
    const std::lock_guard lock{mutex_};
    slabs_.push_back(slab);
    return batch;
  }
  void give(vacancy* batch) {
    const std::lock_guard lock{mutex_};
    batches_.push_back(batch);
  }
  static reserve& all() {
    static auto* one = new reserve;
    return *one;
  }

private:
  std::mutex mutex_;
  std::vector<vacancy*> batches_;
  std::vector<std::byte*> slabs_; ///< for leak checkers
};

/// What one thread has at hand: two batches at most, so that one that allocates and frees in turns does not
/// swap with each.
struct stock {
  vacancy* active = nullptr;
  std::size_t count = 0;    ///< in `active`
  vacancy* spare = nullptr; ///< a full batch or none
  bool closed = false;      ///< the thread is about to end
};
constinit thread_local stock here;

/// Hands a thread's stock back when it ends.
struct stock_keeper {
  ~stock_keeper() {
    here.closed = true;
    if (here.spare) reserve::all().give(std::exchange(here.spare, nullptr));
    if (here.active) reserve::all().give(std::exchange(here.active, nullptr));
  }
};

/// Before this thread has an envelope to hand back.
void keep_stock() { thread_local const stock_keeper keeper; }

void refill() {
  keep_stock();
  here.active = here.spare ? std::exchange(here.spare, nullptr) : reserve::all().take();
  here.count = batch_size; // at most: a batch of a thread that ended may be smaller
}

void store_batch() {
  if (here.spare) reserve::all().give(here.spare);
  here.spare = std::exchange(here.active, nullptr);
  here.count = 0;
}

} // namespace

void* detail::allocate_envelope() {
  if (!here.active) refill();
  auto* room = here.active;
  here.active = room->next;
  --here.count;
  return room;
}

void detail::recycle_envelope(void* room) {
  if (!here.active) keep_stock();
  if (here.count >= batch_size) store_batch();
  here.active = new (room) vacancy{here.active};
  ++here.count;
  if (here.closed) reserve::all().give(std::exchange(here.active, nullptr));
}

void detail::destroy_content(envelope& what) {
  if (!what.type) {
    what.foreign().~foreign_message();
    return;
  }
  auto* content = what.content();
  what.type->destroy(content);
  if (what.type->size > envelope::room) ::operator delete(content, what.type->size);
}

envelope_ptr seal(foreign_message message) {
  auto* made = new (detail::allocate_envelope()) envelope;
  new (made->body) foreign_message(std::move(message));
  return envelope_ptr{made};
}

caf::message open(envelope_ptr what) {
  if (!what->type) return std::move(what->foreign().content);
  return what->type->wrap(what->content());
}

void envelope::decline(error_code why) {
  if (!is_request()) return;
  type ? type->request->decline(content(), why) : foreign().promise.deliver(to_caf(why));
}

std::string envelope::name() {
  if (type) return type->name;
  const auto text = foreign().content.content().stringify(0);
  return text.substr(0, text.find('('));
}

} // namespace vesta
