#include "vesta/runtime/input_log.hpp"

namespace vesta {

void input_log::keep(envelope_ptr& handled) {
  new (kept_->bytes.get() + kept_->used) record{};
  kept_->used += sizeof(record);
  kept_->whole.push_back(std::move(handled));
}

void input_log::grow() {
  if (!kept_) kept_ = std::make_unique<inputs>();
  auto& [bytes, room, used, size, whole] = *kept_;
  const auto larger = room > 0 ? 2 * room : 16 * (sizeof(record) + envelope::room);
  auto more = std::make_unique_for_overwrite<std::byte[]>(larger);
  if (used > 0) std::memcpy(more.get(), bytes.get(), used);
  bytes = std::move(more);
  room = larger;
}

} // namespace vesta
