#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/make_message.hpp>

#include <string>
#include <utility>

namespace vesta::detail {

/// What CAF asks of a type that is the one element of a message. One record a type: all else of the message
/// is compiled once, where caf::make_message brings some fifty functions for each type.
struct caf_element {
  caf::rtti_pair type;
  std::uint32_t token;
  void* (*copy)(const void* value);
  void (*destroy)(void* value);
  caf::error (*save)(caf::serializer& sink, void* value);
  caf::error (*load)(caf::deserializer& source, void* value);
  std::string (*print)(const void* value);
};

template <class T>
inline const caf_element caf_element_of = {
    .type = caf::make_rtti_pair<T>(),
    .token = caf::make_type_token<T>(),
    .copy = [](const void* value) -> void* { return new T(*static_cast<const T*>(value)); },
    .destroy = [](void* value) { delete static_cast<T*>(value); },
    .save = [](caf::serializer& sink, void* value) { return sink(*static_cast<T*>(value)); },
    .load = [](caf::deserializer& source, void* value) { return source(*static_cast<T*>(value)); },
    .print = [](const void* value) { return caf::deep_to_string(*static_cast<const T*>(value)); }};

/// Takes over the value, which came from new.
caf::message caf_message_of(const caf_element& element, void* value);

template <class T>
inline constexpr bool known_to_caf =
    caf::detail::is_serializable<T>::value || caf::is_allowed_unsafe_message_type<T>::value;

/// What caf::make_message(value) returns, for CAF's eyes.
template <class T>
caf::message caf_message_of(T value) {
  static_assert(known_to_caf<T>,
                "this is no message yet: write VESTA_MESSAGE(type); behind the struct, in its namespace");
  if constexpr (known_to_caf<T>) // else CAF would say the same, on a thousand lines
    return caf_message_of(caf_element_of<T>, new T(std::move(value)));
  else
    return {};
}

} // namespace vesta::detail
