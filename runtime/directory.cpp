#include "vesta/runtime/directory.hpp"

#include <stdexcept>

namespace vesta {

void directory::add(entry what) {
  if (!by_name_.emplace(what.name, entries_.size()).second)
    throw std::invalid_argument("two actors are named \"" + what.name + "\"; names are unique in a node");
  entries_.push_back(std::move(what));
}

const directory::entry* directory::find(std::string_view name) const {
  const auto it = by_name_.find(absl::string_view(name.data(), name.size()));
  return it == by_name_.end() ? nullptr : &entries_[it->second];
}

void directory::clear() {
  entries_.clear();
  by_name_.clear();
}

} // namespace vesta
