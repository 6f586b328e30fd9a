#pragma once

#include <exception>
#include <optional>
#include <string>

#include "vesta/messages/errors.hpp"
#include "vesta/messages/supervision.hpp"

namespace vesta {

/// What a handler has thrown, as a failure tells it.
struct caught {
  error_code code;
  category kind;
  std::string text;
};

/// `otherwise` is the code of what is no actor_error.
caught caught_of(const std::exception& error, error_code otherwise);
caught caught_something(error_code otherwise);

/// What `run` throws, if it throws. Nothing is thrown a second time to look at it: unwinding is most of what
/// a failure costs.
template <class Run>
std::optional<caught> caught_in(Run&& run, error_code otherwise) {
  try {
    run();
    return std::nullopt;
  } catch (const std::exception& error) {
    return caught_of(error, otherwise);
  } catch (...) {
    return caught_something(otherwise);
  }
}

} // namespace vesta
