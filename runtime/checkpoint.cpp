#include "vesta/runtime/checkpoint.hpp"

#include <cstring>

namespace vesta {

checkpoint::checkpoint(const tables& columns) {
  for (const auto& [key, one] : columns)
    if (one.copy != nullptr) add(one.live, one.copy);
}

void checkpoint::add(std::shared_ptr<column> live, std::shared_ptr<platform::pages> copy) {
  pairs_.push_back({std::move(live), std::move(copy)});
}

void checkpoint::take(std::uint64_t frame) {
  for (const auto& [live, copy] : pairs_) std::memcpy(copy->data(), live->data(), live->size());
  frame_ = frame;
}

std::uint64_t checkpoint::restore() const {
  for (const auto& [live, copy] : pairs_) std::memcpy(live->data(), copy->data(), live->size());
  return frame_;
}

std::size_t checkpoint::size_bytes() const {
  std::size_t total = 0;
  for (const auto& [live, copy] : pairs_) total += live->size();
  return total;
}

} // namespace vesta
