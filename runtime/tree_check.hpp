#pragma once

#include <absl/status/status.h>

#include <cstdint>

#include "vesta/runtime/actor.hpp"

namespace vesta {

/// kInvalidArgument with a sentence (which actor or supervisor, what is wrong, what to do) for the first
/// contradiction in the tree: a name that is taken or empty, a spec without a class, a significant child that
/// could never shut its supervisor down, or a figure out of its range.
absl::Status check_tree(const supervisor_spec& tree);

/// The same for one child, but for its name and its standby, of which others have to know.
absl::Status check_child(const actor_spec& child, const supervisor_spec& parent);

/// How often one actor can be restarted, at most, before the root gives up on it, if all its failures fall
/// into everybody's period: nested intensities multiply, (c1 + 1) * (c2 + 1) * ... - 1 ("Supervision
/// Principles" warns of it). Stays at the largest number when there is none for it.
std::uint64_t worst_case_restarts(const supervisor_spec& tree);

} // namespace vesta
