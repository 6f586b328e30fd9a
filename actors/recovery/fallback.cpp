// fallback: the actor's standby takes over, until a probe finds the actor well. Errors: none of its own.

#include <limits>

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {

actor_spec fallback_spec() {
  const auto limit =
      +[](const recovery_case&) -> std::uint32_t { return std::numeric_limits<std::uint32_t>::max(); };
  return spec_of<temporary_strategy<start_incarnation>>({.name = "fallback"}, remedy::fallback, limit);
}

} // namespace vesta
