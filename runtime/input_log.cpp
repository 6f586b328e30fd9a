#include "vesta/runtime/input_log.hpp"

#include <algorithm>

namespace vesta {

/// A message with its number and time, and perhaps in its envelope.
void input_log::add_with_more(envelope_ptr& handled, std::uint64_t number, platform::nanoseconds at_ns) {
  auto& kept = *kept_;
  const auto size = handled->type ? handled->type->plain_size : 0;
  auto head = has_number | (size > 0 ? reinterpret_cast<std::uint64_t>(handled->type) : 0);
  if (at_ns != 0) head |= has_time;
  kept.end = put(put(kept.end, head), number);
  if (at_ns != 0) kept.end = put(kept.end, static_cast<std::uint64_t>(at_ns));
  ++kept.size;
  kept.first = number + 1 - kept.size;
  if (size == 0) return kept.whole.push_back(std::move(handled));
  copy_body(kept.end, handled->body, size);
  kept.end += size;
}

void input_log::add_to_larger(envelope_ptr& handled, std::uint64_t number, platform::nanoseconds at_ns) {
  if (!kept_) kept_ = std::make_unique<inputs>();
  auto& kept = *kept_;
  const auto used = static_cast<std::size_t>(kept.end - kept.bytes.get());
  const auto larger = std::max(2 * used, 16 * largest_record);
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(larger);
  if (used > 0) std::memcpy(bytes.get(), kept.bytes.get(), used);
  kept.bytes = std::move(bytes);
  kept.end = kept.bytes.get() + used;
  kept.last_start = kept.bytes.get() + (larger - largest_record);
  add(handled, number, at_ns);
}

} // namespace vesta
