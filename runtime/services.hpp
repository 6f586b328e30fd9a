#pragma once

#include <stdexcept>
#include <string>
#include <typeindex>
#include <unordered_map>

namespace vesta {

/// What a host lends to its actors, found by type: the platform's ports, the world, a run's settings. The
/// objects belong to the host and outlive the node. Filled before the node starts, read-only from then on,
/// and so safe from any thread.
class services {
public:
  template <class T>
  void lend(T& object) {
    objects_[typeid(T)] = &object;
  }

  /// Throws std::logic_error when nobody lent a `T`: a mistake in the boot, found at the actor's start.
  template <class T>
  T& use() const {
    const auto it = objects_.find(typeid(T));
    if (it == objects_.end()) throw std::logic_error(std::string("no service of type ") + typeid(T).name());
    return *static_cast<T*>(it->second);
  }

  /// Null when nobody lent a `T`.
  template <class T>
  T* find() const {
    const auto it = objects_.find(typeid(T));
    return it == objects_.end() ? nullptr : static_cast<T*>(it->second);
  }

private:
  std::unordered_map<std::type_index, void*> objects_;
};

} // namespace vesta
