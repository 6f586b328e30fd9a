#pragma once

// Each message as one line: its type, and what tells it from others of its type. Conversations in tests are
// lists of these.

#include <string>

#include "vesta/messages/interfaces.hpp"

namespace vesta::test {

std::string name_of(error_code code);
std::string line_of(const open_game&);
std::string line_of(const files_changed&);
std::string line_of(const change_found&);
std::string line_of(const edit_refused&);
std::string line_of(const build_requested&);
std::string line_of(const build_cancelled&);
std::string line_of(const retry_on_save&);
std::string line_of(const build_finished&);
std::string line_of(const verify_requested&);
std::string line_of(const verify_finished&);
std::string line_of(const stage_requested&);
std::string line_of(const stage_finished&);
std::string line_of(const swap_finished&);
std::string line_of(const module_failed&);
std::string line_of(const probation_passed&);
std::string line_of(const advance_version&);
std::string line_of(const lifecycle_moved&);
std::string line_of(const tuning_changed&);
std::string line_of(const change_report&);
std::string line_of(const begin_frames&);
std::string line_of(const end_frames&);
std::string line_of(const step&);
std::string line_of(const stepped&);
std::string line_of(const apply_swap&);
std::string line_of(const set_parameters&);
std::string line_of(const frame_done&);
std::string line_of(const totals_seen&);
std::string line_of(const failure_seen&);
std::string line_of(const recovered&);
std::string line_of(const escalation&);
std::string line_of(const alert&);
std::string line_of(const close_alerts&);
std::string line_of(const report_request&);

} // namespace vesta::test
