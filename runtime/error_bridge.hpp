#pragma once

#include <caf/error.hpp>

#include <string>

#include "vesta/messages/errors.hpp"

namespace vesta {

/// CAF's error has 8 bits of code; Vesta's 16 travel in its message, beside the sentence.
caf::error to_caf(error_code code, const std::string& text = {});

/// Vesta's code in an error made by `to_caf`, or `none` for an error of CAF's own.
error_code code_of(const caf::error& error);

} // namespace vesta
