#include "vesta/runtime/input_log.hpp"

namespace vesta {

/// A message with its number and time, and perhaps in its envelope.
void input_log::add_with_more(envelope_ptr& handled, std::uint64_t number, platform::nanoseconds at_ns) {
  auto& kept = *kept_;
  const bool is_plain = handled->type && handled->type->is_plain;
  auto head = has_number | (is_plain ? reinterpret_cast<std::uint64_t>(handled->type) : 0);
  if (at_ns != 0) head |= has_time;
  auto* const to = kept.bytes.get() + kept.used;
  auto* rest = put(put(to, head), number);
  if (at_ns != 0) rest = put(rest, static_cast<std::uint64_t>(at_ns));
  kept.next_number = number + 1;
  kept.used += static_cast<std::size_t>(rest - to);
  if (!is_plain) return kept.whole.push_back(std::move(handled));
  add_body(rest, *handled);
  kept.used += words(handled->type->size);
}

void input_log::grow() {
  if (!kept_) kept_ = std::make_unique<inputs>();
  auto& kept = *kept_;
  const auto larger = kept.room > 0 ? 2 * kept.room : 16 * largest_record;
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(larger);
  if (kept.used > 0) std::memcpy(bytes.get(), kept.bytes.get(), kept.used);
  kept.bytes = std::move(bytes);
  kept.room = larger;
}

} // namespace vesta
