#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "vesta/module.h"

namespace vesta {

/// What the host knows of an element's type.
struct value_type {
  vesta_type type;
  std::string_view name; ///< as in game.toml: "u16"
  std::uint32_t bytes;
  int digits; ///< binary digits that it holds exactly
  bool is_signed, is_float;
  double min, max;
};

/// Null for a number that is no vesta_type.
const value_type* find_type(std::uint32_t type);
const value_type* find_type(std::string_view name);

/// Does `to` hold every value of `from` exactly?
bool widens(const value_type& from, const value_type& to);

/// Can an element of this type have this value? Integers take whole numbers, floating types any but NaN.
bool holds(const value_type& type, double value);

/// Calls `function` with a value of the C++ type behind `type`.
template <class Function>
decltype(auto) with_type(vesta_type type, Function&& function) {
  switch (type) {
  case VESTA_I8:
    return function(std::int8_t{});
  case VESTA_U8:
    return function(std::uint8_t{});
  case VESTA_I16:
    return function(std::int16_t{});
  case VESTA_U16:
    return function(std::uint16_t{});
  case VESTA_I32:
    return function(std::int32_t{});
  case VESTA_U32:
    return function(std::uint32_t{});
  case VESTA_I64:
    return function(std::int64_t{});
  case VESTA_U64:
    return function(std::uint64_t{});
  case VESTA_F32:
    return function(float{});
  case VESTA_F64:
    break;
  }
  return function(double{});
}

} // namespace vesta
