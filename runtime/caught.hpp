#pragma once

#include <exception>
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
caught caught_of(const std::exception_ptr& error, error_code otherwise);

} // namespace vesta
