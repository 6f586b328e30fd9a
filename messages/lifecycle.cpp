#include "vesta/messages/lifecycle.hpp"

#include <array>

namespace vesta {
namespace {

using enum lifecycle;

constexpr unsigned bit(lifecycle state) { return 1U << static_cast<unsigned>(state); }

/// Row by row: where each state may lead. A version that fails is quarantined when its build is the cause,
/// unloaded when not; one that a newer edit overtakes is unloaded.
constexpr std::array<unsigned, lifecycle_count> legal = {
    /* discovered  */ bit(building) | bit(built) | bit(unloaded),
    /* building    */ bit(built) | bit(unloaded),
    /* built       */ bit(verifying) | bit(unloaded),
    /* verifying   */ bit(verified) | bit(quarantined) | bit(unloaded),
    /* verified    */ bit(canary) | bit(staged) | bit(quarantined) | bit(unloaded),
    /* canary      */ bit(staged) | bit(quarantined) | bit(unloaded),
    /* staged      */ bit(probation) | bit(quarantined) | bit(unloaded),
    /* probation   */ bit(active) | bit(quarantined) | bit(unloaded),
    /* active      */ bit(draining) | bit(quarantined),
    /* draining    */ bit(unloaded) | bit(active),
    /* quarantined */ bit(unloaded),
    /* unloaded    */ 0,
};

} // namespace

std::string to_string(lifecycle state) {
  static constexpr std::array<const char*, lifecycle_count> names = {
      "discovered", "building",  "built",  "verifying", "verified",    "canary",
      "staged",     "probation", "active", "draining",  "quarantined", "unloaded"};
  return names.at(static_cast<std::size_t>(state));
}

bool may_go(lifecycle from, lifecycle to) {
  return (legal.at(static_cast<std::size_t>(from)) & bit(to)) != 0;
}

} // namespace vesta
