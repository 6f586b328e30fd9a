#include "support/line_of.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace vesta::test {

std::string name_of(error_code code) {
  return code == error_code::none ? "ok" : std::string(describe(code).name);
}
std::string line_of(const open_game&) { return "open_game"; }
std::string line_of(const files_changed& m) {
  return fmt::format("files_changed {}", fmt::join(m.paths, ", "));
}
std::string line_of(const change_found& m) {
  return fmt::format("change_found {}{} in {}", fmt::join(m.modules, ", "), m.tuning ? "tuning" : "",
                     m.files);
}
std::string line_of(const edit_refused& m) {
  return fmt::format("edit_refused {} {}", m.files, name_of(m.code));
}
std::string line_of(const build_requested& m) {
  return fmt::format("build_requested {} {}", m.change, m.module);
}
std::string line_of(const build_cancelled& m) { return fmt::format("build_cancelled {}", m.change); }
std::string line_of(const retry_on_save& m) {
  return fmt::format("retry_on_save {}", fmt::join(m.modules, ", "));
}
std::string line_of(const build_finished& m) {
  return fmt::format("build_finished {} {} {}", m.change, m.module, name_of(m.code));
}
std::string line_of(const verify_requested& m) {
  return fmt::format("verify_requested {} {}", m.change, m.module);
}
std::string line_of(const verify_finished& m) {
  return fmt::format("verify_finished {} {} version {} {}", m.change, m.module, m.version, name_of(m.code));
}
std::string line_of(const stage_requested& m) {
  std::string line = fmt::format("stage_requested {}", m.change);
  for (const auto& each : m.images) line += fmt::format(" {}#{}", each.module, each.version);
  return line;
}
std::string line_of(const stage_finished& m) {
  return fmt::format("stage_finished {} {}", m.change, name_of(m.code));
}
std::string line_of(const swap_finished& m) {
  return fmt::format("swap_finished {} {}", m.change, name_of(m.code));
}
std::string line_of(const module_failed& m) {
  return fmt::format("module_failed {} {} {}", m.change, m.module, name_of(m.code));
}
std::string line_of(const probation_passed& m) { return fmt::format("probation_passed {}", m.change); }
std::string line_of(const advance_version& m) {
  return fmt::format("advance_version {} {} to {}", m.change, m.module, to_string(m.to));
}
std::string line_of(const lifecycle_moved& m) {
  return fmt::format("{}#{} {} -> {}", m.module, m.version, to_string(m.from), to_string(m.to));
}
std::string line_of(const tuning_changed& m) { return fmt::format("tuning_changed {}", m.change); }
std::string line_of(const change_report& m) {
  return fmt::format("change_report {} {} {}", m.change, to_string(m.verdict), name_of(m.code));
}
std::string line_of(const begin_frames&) { return "begin_frames"; }
std::string line_of(const end_frames&) { return "end_frames"; }
std::string line_of(const step& m) { return fmt::format("step {}", m.stage); }
std::string line_of(const stepped& m) { return fmt::format("stepped by {} {}", m.district, name_of(m.code)); }
std::string line_of(const apply_swap& m) { return fmt::format("apply_swap {}", m.change); }
std::string line_of(const set_parameters& m) {
  std::string line = fmt::format("set_parameters {}", m.change);
  for (const auto& [name, value] : m.values) line += fmt::format(" {}={}", name, value);
  return line;
}
std::string line_of(const frame_done& m) {
  return fmt::format("frame_done {}{}{}", m.frame, m.late ? " late" : "", m.swapped ? " swapped" : "");
}
std::string line_of(const totals_seen& m) {
  std::string line = fmt::format("totals_seen {}", m.frame);
  for (const auto& each : m.totals) line += fmt::format(" {}={}", each.name, each.value);
  return line;
}
std::string line_of(const failure_seen& m) { return fmt::format("failure_seen {}", m.what.actor); }
std::string line_of(const recovered& m) { return fmt::format("recovered {}", m.actor); }
std::string line_of(const escalation& m) { return fmt::format("escalation {}", m.cause.actor); }
std::string line_of(const alert& m) { return fmt::format("alert {}", m.what.cause.actor); }
std::string line_of(const close_alerts&) { return "close_alerts"; }
std::string line_of(const report_request&) { return "report_request"; }

} // namespace vesta::test
