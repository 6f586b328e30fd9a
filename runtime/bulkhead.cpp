#include "vesta/runtime/bulkhead.hpp"

#include <fmt/format.h>

namespace vesta {

absl::Status check(const bulkhead_settings& settings) {
  if (settings.at_once < 1 || settings.at_once > 65'536)
    return absl::InvalidArgumentError(
        fmt::format("a bulkhead's at_once is {}; it is from 1 to 65,536", settings.at_once));
  if (settings.lease_ns <= 0 || settings.lease_ns > 365L * 86'400'000'000'000)
    return absl::InvalidArgumentError(
        fmt::format("a bulkhead's lease_ns is {}; it is above 0 and a year at most", settings.lease_ns));
  return absl::OkStatus();
}

bulkhead::bulkhead(const bulkhead_settings& settings)
    : lease_ns_(settings.lease_ns), places_(settings.at_once) {
  for (auto i = settings.at_once; i-- > 0;) {
    places_[i].next = free_;
    free_ = i;
  }
}

std::optional<lease> bulkhead::enter(platform::nanoseconds now) {
  end_old(now);
  if (free_ == none) return std::nullopt;
  const auto index = free_;
  auto& taken = places_[index];
  free_ = taken.next;
  taken.ends_at = now + lease_ns_;
  taken.next = none;
  taken.before = newest_;
  (newest_ == none ? oldest_ : places_[newest_].next) = index;
  newest_ = index;
  ++in_use_;
  return lease{index, taken.number};
}

bool bulkhead::leave(lease held, platform::nanoseconds now) {
  end_old(now);
  if (held.place >= places_.size() || places_[held.place].number != held.number) return false;
  release(held.place);
  return true;
}

void bulkhead::clear() {
  while (oldest_ != none) release(oldest_);
}

std::uint32_t bulkhead::in_use(platform::nanoseconds now) {
  end_old(now);
  return in_use_;
}

std::optional<platform::nanoseconds> bulkhead::next_end() const {
  if (oldest_ == none) return std::nullopt;
  return places_[oldest_].ends_at;
}

void bulkhead::end_old(platform::nanoseconds now) {
  while (oldest_ != none && places_[oldest_].ends_at <= now) release(oldest_);
}

void bulkhead::release(std::uint32_t index) {
  auto& left = places_[index];
  (left.before == none ? oldest_ : places_[left.before].next) = left.next;
  (left.next == none ? newest_ : places_[left.next].before) = left.before;
  if (++left.number == 0) left.number = 1; // the old lease does not fit any more
  left.next = free_;
  free_ = index;
  --in_use_;
}

} // namespace vesta
