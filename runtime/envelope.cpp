#include "vesta/runtime/envelope.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/error_bridge.hpp"

namespace vesta {
namespace detail {
namespace {

using envelope_batch = std::array<void*, envelope_stock::batch>;

/// Full batches that no thread holds. Never destroyed, for threads may outlive all else.
class envelope_reserve {
public:
  void take(void** to) {
    {
      const std::lock_guard lock{mutex_};
      if (!batches_.empty()) {
        std::ranges::copy(batches_.back(), to);
        return batches_.pop_back();
      }
    }
    constexpr auto size = envelope_stock::batch * sizeof(envelope);
    auto* slab = static_cast<std::byte*>(::operator new (size, std::align_val_t{64}));
    for (std::size_t i = 0; i < envelope_stock::batch; ++i) to[i] = slab + i * sizeof(envelope);
    const std::lock_guard lock{mutex_};
    slabs_.push_back(slab);
  }
  void give(void* const* from, std::size_t count) {
    const std::lock_guard lock{mutex_};
    for (; count > 0; --count) add(*from++);
  }
  static envelope_reserve& all() {
    static auto* one = new envelope_reserve;
    return *one;
  }

private:
  /// One more: what is short of a batch waits for the rest of it.
  void add(void* room) {
    rest_[rest_size_++] = room;
    if (rest_size_ < rest_.size()) return;
    batches_.push_back(rest_);
    rest_size_ = 0;
  }

  std::mutex mutex_;
  std::vector<envelope_batch> batches_;
  envelope_batch rest_{};
  std::size_t rest_size_ = 0;
  std::vector<std::byte*> slabs_; ///< for leak checkers
};

/// Hands a thread's stock back when it ends. Later ones go to the reserve one by one.
struct stock_keeper {
  ~stock_keeper() {
    auto& here = envelope_stock::here;
    here.limit = 0;
    envelope_reserve::all().give(here.free, std::exchange(here.count, 0));
  }
};

/// Before this thread has an envelope of its own. False once it is about to end.
bool keep_stock() {
  thread_local bool begun = false;
  if (begun) return false;
  begun = true;
  thread_local const stock_keeper keeper;
  envelope_stock::here.limit = envelope_stock::most;
  return true;
}

} // namespace

constinit thread_local envelope_stock envelope_stock::here;

void envelope_stock::refill() {
  const bool keeps = limit > 0 || keep_stock();
  envelope_reserve::all().take(free);
  count = keeps ? batch : 1;
  if (!keeps) envelope_reserve::all().give(free + count, batch - count);
}

void envelope_stock::put_into_full(void* room) {
  if (limit == 0 && !keep_stock()) return envelope_reserve::all().give(&room, 1);
  if (count == limit) {
    envelope_reserve::all().give(free, batch); // the coldest ones
    std::copy(free + batch, free + count, free);
    count -= batch;
  }
  free[count++] = room;
}

namespace {

void destroy_content(envelope& what) {
  if (!what.type) {
    what.foreign().~foreign_message();
    return;
  }
  auto* content = what.content();
  what.type->destroy(content);
  if (what.type->size > envelope::room) ::operator delete(content, what.type->size);
}

} // namespace

void discard(envelope* what) {
  if (!what->type || what->type->plain_size == 0) destroy_content(*what);
  envelope_stock::here.put(what);
}

} // namespace detail

envelope_ptr seal(foreign_message message) {
  auto* made = new (detail::envelope_stock::here.take()) envelope;
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
