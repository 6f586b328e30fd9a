#include "vesta/runtime/caught.hpp"

#include <new>
#include <system_error>

#include "vesta/runtime/actor.hpp"

namespace vesta {

caught caught_of(const std::exception& error, error_code otherwise) {
  if (const auto* told = dynamic_cast<const actor_error*>(&error))
    return {told->code(), told->kind(), told->what()};
  if (dynamic_cast<const std::bad_alloc*>(&error)) return {otherwise, category::memory, "out of memory"};
  const bool from_system = dynamic_cast<const std::system_error*>(&error) != nullptr;
  return {otherwise, from_system ? category::io : category::runtime, error.what()};
}

caught caught_something(error_code otherwise) {
  return {otherwise, category::unknown, "something that is not a std::exception was thrown"};
}

} // namespace vesta
