// degrade: the actor's features go off in the order that it declares, and come back one by one. Errors: none
// of its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {

actor_spec degrade_spec() {
  const auto limit = +[](const recovery_case& what) -> std::uint32_t { return what.features; };
  return spec_of<temporary_strategy<raise_level>>({.name = "degrade"}, remedy::degrade, limit);
}

} // namespace vesta
