#pragma once

#include "vesta/messages/placement.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/inbox_actor.hpp"

namespace vesta::detail {

/// CAF keeps an actor's flags protected; naming them through a derived class is the way in.
struct flag_reader : caf::scheduled_actor {
  static int read(const caf::abstract_channel& actor) {
    int (caf::abstract_channel::*get)() const = &flag_reader::flags;
    return (actor.*get)();
  }
};

/// Null for a job that is no such actor.
inline inbox_actor* inbox_actor_of(caf::resumable* what) {
  return what->subtype() == inbox_actor::resumable_kind ? static_cast<inbox_actor*>(what) : nullptr;
}

/// The actor that this job is, of whichever kind; null for what is none.
inline caf::local_actor* actor_of(caf::resumable* what) {
  const auto kind = what->subtype();
  if (kind == inbox_actor::resumable_kind) return static_cast<inbox_actor*>(what);
  return kind == caf::resumable::scheduled_actor ? static_cast<caf::scheduled_actor*>(what) : nullptr;
}

/// Where this job wants to run. What is no actor has no business on a performance core.
inline placement place_of(caf::resumable* what) {
  const auto* actor = actor_of(what);
  return actor ? placement_of(flag_reader::read(*actor)) : placement::efficiency();
}

inline bool is_for_performance(caf::resumable* what) {
  return place_of(what).kind == placement::where::performance;
}

} // namespace vesta::detail
