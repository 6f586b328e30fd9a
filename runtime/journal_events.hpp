#pragma once

// What happens in a game, as records of the journal. Each call is as cheap and as safe as journal::append.

#include "vesta/messages/change.hpp"
#include "vesta/messages/supervision.hpp"
#include "vesta/runtime/journal.hpp"

namespace vesta {

/// A failure with its supervisor's verdict, and a second record where the verdict is to isolate the actor.
void write_down(journal& to, const failure& what, remedy chosen);
void write_down(journal& to, const recovered& what);
/// To the root.
void write_down(journal& to, const escalation& what);
/// What became of a change.
void write_down(journal& to, const change_report& what);
/// A module's failure in a frame: what went back.
void write_down(journal& to, const module_failed& what);
/// A version's move in its lifecycle; one into the frames is a swap.
void write_down(journal& to, const lifecycle_moved& what);

} // namespace vesta
