#include "vesta/runtime/restart_gate.hpp"

#include <algorithm>

namespace vesta {

bool restart_gate::has_room(std::size_t at_once, platform::nanoseconds now) {
  if (restarting_.size() < at_once) return true;
  absl::erase_if(restarting_, [&](const auto& each) { return now - each.second >= patience_ns; });
  return restarting_.size() < at_once;
}

bool restart_gate::enter(std::size_t child, std::size_t at_once, platform::nanoseconds now) {
  if (line_.empty() && has_room(at_once, now)) {
    restarting_[child] = now;
    return true;
  }
  line_.push_back(child);
  return false;
}

void restart_gate::leave(std::size_t child) {
  if (restarting_.erase(child) == 0) std::erase(line_, child);
}

std::optional<std::size_t> restart_gate::next(std::size_t at_once, platform::nanoseconds now) {
  if (line_.empty() || !has_room(at_once, now)) return std::nullopt;
  const auto child = line_.front();
  line_.pop_front();
  restarting_[child] = now;
  return child;
}

} // namespace vesta
