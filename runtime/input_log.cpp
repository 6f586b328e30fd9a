#include "vesta/runtime/input_log.hpp"

namespace vesta {

void input_log::keep(envelope_ptr& handled) {
  new (bytes_.get() + used_) record{};
  used_ += sizeof(record);
  whole_.push_back(std::move(handled));
}

void input_log::grow() {
  const auto larger = room_ > 0 ? 2 * room_ : 16 * (sizeof(record) + envelope::room);
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(larger);
  if (used_ > 0) std::memcpy(bytes.get(), bytes_.get(), used_);
  bytes_ = std::move(bytes);
  room_ = larger;
}

} // namespace vesta
