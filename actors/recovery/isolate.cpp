// isolate: parks the actor, and starts it again later, each time after a longer pause: a probe that leads
// back when the cause is gone. A fatal failure is left to escalate. Errors: none of its own.

#include <limits>

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {

actor_spec isolate_spec() {
  const auto limit = +[](const recovery_case& what) -> std::uint32_t {
    return what.cause.level == severity::fatal ? 0 : std::numeric_limits<std::uint32_t>::max();
  };
  return spec_of<temporary_strategy<start_incarnation>>({.name = "isolate"}, remedy::isolate, limit);
}

} // namespace vesta
