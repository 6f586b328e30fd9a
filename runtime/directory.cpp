#include "vesta/runtime/directory.hpp"

#include <mutex>

#include "vesta/messages/prelude.hpp"

namespace vesta {

bool directory::add(entry what) {
  const std::string_view name = what.name();
  if (supervisors_.contains(absl::string_view(name.data(), name.size()))) return false;
  if (!settled_) {
    auto& kept = first_.emplace_back(std::move(what));
    const bool is_new = first_by_name_.emplace(kept.what.name(), &kept).second;
    if (!is_new) first_.pop_back();
    return is_new;
  }
  if (find_first(name)) return false;
  auto kept = std::make_shared<const entry>(std::move(what));
  const std::lock_guard lock(mutex_);
  return later_.emplace(kept->name(), kept).second;
}

void directory::add_supervisor(const std::string& name, caf::actor address, caf::actor parent) {
  supervisors_[name] = {std::move(address), std::move(parent)};
}

/// Null as well for one that is gone.
directory::first_entry* directory::find_first(std::string_view name) const {
  const auto found = first_by_name_.find(name);
  auto* it = found == first_by_name_.end() ? nullptr : found->second;
  return it && !it->is_gone.load(std::memory_order_acquire) ? it : nullptr;
}

bool directory::remove(std::string_view name) {
  if (auto* first = find_first(name)) return !first->is_gone.exchange(true, std::memory_order_acq_rel);
  const std::lock_guard lock(mutex_);
  return later_.erase(name) > 0;
}

directory::entry_ptr directory::find(std::string_view name) const {
  if (const auto* first = find_first(name)) return first->unowned();
  const std::shared_lock lock(mutex_);
  const auto found = later_.find(name);
  return found == later_.end() ? nullptr : found->second;
}

caf::actor directory::find_supervisor(std::string_view name) const {
  const auto found = supervisors_.find(absl::string_view(name.data(), name.size()));
  return found == supervisors_.end() ? caf::actor() : found->second.address;
}

caf::actor directory::parent_of(std::string_view supervisor) const {
  const auto found = supervisors_.find(absl::string_view(supervisor.data(), supervisor.size()));
  return found == supervisors_.end() ? caf::actor() : found->second.parent;
}

std::vector<directory::entry_ptr> directory::entries() const {
  std::vector<entry_ptr> all;
  for (const auto& each : first_)
    if (!each.is_gone.load(std::memory_order_acquire)) all.push_back(each.unowned());
  const std::shared_lock lock(mutex_);
  for (const auto& [name, each] : later_) all.push_back(each);
  return all;
}

void directory::clear() {
  settled_ = false;
  first_by_name_.clear();
  first_.clear();
  supervisors_.clear();
  later_.clear();
}

} // namespace vesta
