#include "vesta/runtime/caught.hpp"

#include <new>
#include <system_error>

#include "vesta/runtime/actor.hpp"

namespace vesta {

caught caught_of(const std::exception_ptr& error, error_code otherwise) {
  try {
    std::rethrow_exception(error);
  } catch (const actor_error& e) {
    return {e.code(), e.kind(), e.what()};
  } catch (const std::bad_alloc&) {
    return {otherwise, category::memory, "out of memory"};
  } catch (const std::system_error& e) {
    return {otherwise, category::io, e.what()};
  } catch (const std::exception& e) {
    return {otherwise, category::runtime, e.what()};
  } catch (...) {
    return {otherwise, category::unknown, "something that is not a std::exception was thrown"};
  }
}

} // namespace vesta
