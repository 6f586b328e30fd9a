#include "vesta/runtime/value_type.hpp"

#include <array>
#include <cmath>

namespace vesta {
namespace {

template <class T>
constexpr value_type describe(vesta_type type, std::string_view name) {
  using limits = std::numeric_limits<T>;
  return {type,
          name,
          sizeof(T),
          limits::digits,
          limits::is_signed,
          !limits::is_integer,
          static_cast<double>(limits::lowest()),
          static_cast<double>(limits::max())};
}

constexpr std::array types = {
    describe<std::int8_t>(VESTA_I8, "i8"),    describe<std::uint8_t>(VESTA_U8, "u8"),
    describe<std::int16_t>(VESTA_I16, "i16"), describe<std::uint16_t>(VESTA_U16, "u16"),
    describe<std::int32_t>(VESTA_I32, "i32"), describe<std::uint32_t>(VESTA_U32, "u32"),
    describe<std::int64_t>(VESTA_I64, "i64"), describe<std::uint64_t>(VESTA_U64, "u64"),
    describe<float>(VESTA_F32, "f32"),        describe<double>(VESTA_F64, "f64"),
};

} // namespace

const value_type* find_type(std::uint32_t type) {
  for (const auto& known : types)
    if (known.type == type) return &known;
  return nullptr;
}

const value_type* find_type(std::string_view name) {
  for (const auto& known : types)
    if (known.name == name) return &known;
  return nullptr;
}

bool widens(const value_type& from, const value_type& to) {
  return to.digits >= from.digits && (to.is_signed || !from.is_signed) && (to.is_float || !from.is_float);
}

bool holds(const value_type& type, double value) {
  if (type.is_float) return !std::isnan(value) && (std::isinf(value) || std::abs(value) <= type.max);
  if (!(value >= type.min && value <= type.max) || value != std::floor(value)) return false;
  // 2^63 and 2^64 are doubles, while the largest 64-bit integers below them are none.
  return type.digits <= 53 || value < std::ldexp(1.0, type.digits);
}

} // namespace vesta
