#include "vesta/runtime/input_log.hpp"

namespace vesta {

void input_log::keep(envelope_ptr& handled, std::size_t record) {
  kept_->used += record;
  kept_->whole.push_back(std::move(handled));
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
