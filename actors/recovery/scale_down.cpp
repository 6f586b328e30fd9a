// scale_down: the actor gets half the load, and its share back step by step once it is well. Errors: none of
// its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {

actor_spec scale_down_spec() {
  const auto limit = +[](const recovery_case& what) -> std::uint32_t { return what.load_steps; };
  return spec_of<temporary_strategy<raise_level>>({.name = "scale_down"}, remedy::scale_down, limit);
}

} // namespace vesta
