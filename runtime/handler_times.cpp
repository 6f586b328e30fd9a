#include "vesta/runtime/handler_times.hpp"

#include <algorithm>
#include <new>

#include "vesta/messages/log_buckets.hpp"
#include "vesta/messages/report.hpp"

namespace vesta {
namespace {

std::size_t number_of_this_thread() {
  static std::atomic<std::size_t> threads{0};
  static thread_local const std::size_t mine = threads.fetch_add(1, std::memory_order_relaxed);
  return mine;
}

} // namespace

handler_times::~handler_times() {
  for (auto& each : stripes_) delete each.load(std::memory_order_relaxed);
}

handler_times::stripe* handler_times::mine() noexcept {
  auto& place = stripes_[number_of_this_thread() % stripes_.size()];
  auto* here = place.load(std::memory_order_acquire);
  if (here) return here;
  auto* made = new (std::nothrow) stripe;
  if (!made || place.compare_exchange_strong(here, made, std::memory_order_acq_rel)) return made;
  delete made; // another thread of this place was quicker
  return here;
}

void handler_times::add(std::int64_t ns) noexcept {
  auto* to = mine();
  if (!to) return;
  const auto bucket = log_bucket(static_cast<std::uint64_t>(std::max<std::int64_t>(ns, 0)));
  to->buckets[std::min(bucket, to->buckets.size() - 1)].fetch_add(1, std::memory_order_relaxed);
  auto most = to->max_ns.load(std::memory_order_relaxed);
  while (ns > most && !to->max_ns.compare_exchange_weak(most, ns, std::memory_order_relaxed)) {
  }
}

histogram handler_times::read() const {
  histogram sum;
  for (const auto& each : stripes_) {
    const auto* from = each.load(std::memory_order_acquire);
    if (!from) continue;
    sum.buckets.resize(from->buckets.size());
    for (std::size_t i = 0; i < sum.buckets.size(); ++i) {
      const auto counted = from->buckets[i].load(std::memory_order_relaxed);
      sum.buckets[i] += counted;
      sum.count += counted;
    }
    sum.max_ns = std::max(sum.max_ns, from->max_ns.load(std::memory_order_relaxed));
  }
  return sum;
}

} // namespace vesta
