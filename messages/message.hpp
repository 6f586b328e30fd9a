#pragma once

#include "vesta/messages/caf_message.hpp"
#include <caf/meta/type_name.hpp>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

/// Makes an aggregate a message: CAF can inspect, print, store and send it. Written once behind the struct,
/// in its own namespace. The struct has at most 12 members, no base, and no array members; each member is
/// itself inspectable.
#define VESTA_MESSAGE(type)                                                                                  \
  template <class Inspector>                                                                                 \
  typename Inspector::result_type inspect(Inspector& f, type& x) {                                           \
    return ::vesta::detail::inspect_fields(f, #type, x);                                                     \
  }                                                                                                          \
  constexpr const char* vesta_message_name(const type*) { return #type; }                                    \
  static_assert(std::is_aggregate_v<type>)

/// For a message between Vesta's actors on one node, which CAF never sees: nothing is asked of the struct,
/// and it costs a tenth of the compiling. Sending it to an actor that only CAF reaches is a std::logic_error.
#define VESTA_LOCAL_MESSAGE(type)                                                                            \
  constexpr const char* vesta_message_name(const type*) { return #type; }                                    \
  constexpr void vesta_message_is_local(const type*) {}

/// VESTA_MESSAGE for Vesta's own messages: what CAF needs to know of the type is compiled once, in the source
/// beside the header (VESTA_COMPILE_MESSAGE), not in each file that sends one.
#define VESTA_SHARED_MESSAGE(type)                                                                           \
  VESTA_MESSAGE(type);                                                                                       \
  extern template struct message_type<type>
#define VESTA_COMPILE_MESSAGE(type) template struct message_type<type>

namespace vesta {

enum class error_code : std::uint16_t;

/// What the message path has to know of a message that belongs to a request.
struct request_meta {
  std::uint64_t (*id)(const void* message); ///< the asker's number for it
  /// Tells who asked that there will be no answer; null for what is no question.
  void (*decline)(void* message, error_code why);
};

/// Bytes of a message that fit into its envelope.
inline constexpr std::size_t message_room = 96;

/// What the message path has to know of a type. There is one record a type, so its address is the type's id.
struct message_meta {
  const char* name;
  std::size_t size;
  void (*destroy)(void* message);
  caf::message (*wrap)(void* message); ///< moves it into CAF
  const request_meta* request = nullptr;
  /// Bytes, rounded up to words, of what is trivially copyable and fits into its envelope; 0 for all else.
  std::size_t plain_size = 0;
};

template <class T>
struct message_type {
  static const message_meta meta;
  static caf::message wrap(T value) { return detail::caf_message_of(std::move(value)); }
};

namespace detail {

template <class T>
constexpr const char* message_name() {
  if constexpr (requires { vesta_message_name(static_cast<const T*>(nullptr)); })
    return vesta_message_name(static_cast<const T*>(nullptr));
  else
    return "message";
}

template <class T>
concept local_message = requires(const T* message) {
  vesta_message_is_local(message);
};

[[noreturn]] void refuse_to_wrap(const char* name);

template <class T>
caf::message wrap_content(void* message) {
  if constexpr (local_message<T>)
    refuse_to_wrap(message_name<T>());
  else
    return message_type<T>::wrap(std::move(*static_cast<T*>(message)));
}

} // namespace detail

template <class T>
constinit const message_meta message_type<T>::meta = {
    .name = detail::message_name<T>(),
    .size = sizeof(T),
    .destroy = [](void* message) { static_cast<T*>(message)->~T(); },
    .wrap = detail::wrap_content<T>,
    .plain_size = std::is_trivially_copyable_v<T> && sizeof(T) <= message_room ? (sizeof(T) + 7) / 8 * 8 : 0};

template <class T>
caf::message wrap(T value) {
  return message_type<T>::wrap(std::move(value));
}

} // namespace vesta

namespace vesta::detail {

/// Converts to anything; used to count how many initialisers an aggregate takes.
struct any_field {
  template <class T>
  operator T() const;
};

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{((void)I, any_field{})...}; };
}

template <class T, std::size_t N = 13>
constexpr std::size_t field_count() {
  if constexpr (N == 0 || takes<T>(std::make_index_sequence<N>{})) {
    return N;
  } else {
    return field_count<T, N - 1>();
  }
}

template <class Inspector, class T>
typename Inspector::result_type inspect_fields(Inspector& f, const char* name, T& x) {
  const auto meta = caf::meta::type_name(name);
  constexpr auto n = field_count<T>();
  if constexpr (n == 0) {
    return f(meta);
  } else if constexpr (n == 1) {
    auto& [a] = x;
    return f(meta, a);
  } else if constexpr (n == 2) {
    auto& [a, b] = x;
    return f(meta, a, b);
  } else if constexpr (n == 3) {
    auto& [a, b, c] = x;
    return f(meta, a, b, c);
  } else if constexpr (n == 4) {
    auto& [a, b, c, d] = x;
    return f(meta, a, b, c, d);
  } else if constexpr (n == 5) {
    auto& [a, b, c, d, e] = x;
    return f(meta, a, b, c, d, e);
  } else if constexpr (n == 6) {
    auto& [a, b, c, d, e, g] = x;
    return f(meta, a, b, c, d, e, g);
  } else if constexpr (n == 7) {
    auto& [a, b, c, d, e, g, h] = x;
    return f(meta, a, b, c, d, e, g, h);
  } else if constexpr (n == 8) {
    auto& [a, b, c, d, e, g, h, i] = x;
    return f(meta, a, b, c, d, e, g, h, i);
  } else if constexpr (n == 9) {
    auto& [a, b, c, d, e, g, h, i, j] = x;
    return f(meta, a, b, c, d, e, g, h, i, j);
  } else if constexpr (n == 10) {
    auto& [a, b, c, d, e, g, h, i, j, k] = x;
    return f(meta, a, b, c, d, e, g, h, i, j, k);
  } else if constexpr (n == 11) {
    auto& [a, b, c, d, e, g, h, i, j, k, l] = x;
    return f(meta, a, b, c, d, e, g, h, i, j, k, l);
  } else if constexpr (n == 12) {
    auto& [a, b, c, d, e, g, h, i, j, k, l, m] = x;
    return f(meta, a, b, c, d, e, g, h, i, j, k, l, m);
  } else {
    static_assert(n <= 12, "a message has at most 12 members: group some of them");
  }
}

} // namespace vesta::detail
