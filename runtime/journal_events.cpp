#include "vesta/runtime/journal_events.hpp"

#include <fmt/format.h>

namespace vesta {

void write_down(journal& to, const failure& what, remedy chosen) {
  const auto verdict = to_string(chosen);
  journal_note note{.kind = journal_kind::failure,
                    .actor = what.actor,
                    .incarnation = what.incarnation,
                    .code = what.code,
                    .text = what.text,
                    .recovery = verdict};
  const auto text = fmt::format("on {} (message {}): {}", what.message, what.message_number, what.text);
  if (!what.message.empty()) note.text = text;
  to.append(note);
  if (chosen != remedy::isolate) return;
  note.kind = journal_kind::isolated;
  note.text = "parked until it is released";
  to.append(note);
}

void write_down(journal& to, const recovered& what) {
  const auto by = to_string(what.by);
  const auto text = fmt::format("back after {} us", what.took_ns / 1000);
  to.append({.kind = journal_kind::recovered, .actor = what.actor, .text = text, .recovery = by});
}

void write_down(journal& to, const escalation& what) {
  const auto text = fmt::format("{} could not cure it: {}", what.supervisor, what.cause.text);
  to.append({.kind = journal_kind::escalated,
             .actor = what.cause.actor,
             .incarnation = what.cause.incarnation,
             .code = what.cause.code,
             .text = text,
             .recovery = "safe mode"});
}

void write_down(journal& to, const change_report& what) {
  const auto verdict = to_string(what.verdict);
  const auto text =
      fmt::format("change {} of {}{}{}", what.change, what.files, what.text.empty() ? "" : ": ", what.text);
  to.append({.kind = journal_kind::change,
             .actor = "orchestrator",
             .code = what.code,
             .text = text,
             .recovery = verdict});
}

void write_down(journal& to, const module_failed& what) {
  const auto text = fmt::format("frame {}, back by {} frames: {}", what.frame, what.frames_back, what.text);
  to.append({.kind = journal_kind::rollback,
             .actor = what.module,
             .code = what.code,
             .text = text,
             .recovery = what.change != 0 ? "change taken back" : "parked"});
}

void write_down(journal& to, const lifecycle_moved& what) {
  const bool is_swap = what.to == lifecycle::probation && what.from != what.to;
  const auto state = to_string(what.to);
  const auto text = fmt::format("version {}, {} -> {}{}{}", what.version, to_string(what.from), state,
                                what.reason.empty() ? "" : ": ", what.reason);
  to.append({.kind = is_swap ? journal_kind::swap : journal_kind::lifecycle,
             .actor = what.module,
             .text = text,
             .recovery = state});
}

} // namespace vesta
