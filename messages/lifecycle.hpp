#pragma once

#include <cstdint>
#include <string>

namespace vesta {

/// The twelve states of a module version.
enum class lifecycle : std::uint8_t {
  discovered,
  building,
  built,
  verifying,
  verified,
  canary,
  staged,
  probation,
  active,
  draining,
  quarantined,
  unloaded
};
inline constexpr std::size_t lifecycle_count = 12;

std::string to_string(lifecycle state);

/// Whether a version may go from one state to the other. The table stands in lifecycle.cpp and in
/// ARCHITECTURE.md.
bool may_go(lifecycle from, lifecycle to);

} // namespace vesta
