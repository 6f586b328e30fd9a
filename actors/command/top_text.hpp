#pragma once

#include <optional>
#include <string>

#include "vesta/actors/command/console.hpp"
#include "vesta/runtime/control_page.hpp"

namespace vesta::command {

/// The table that `vesta top` shows of a control page; `now_ns` is on the steady clock of the machine.
std::string top_text(const control_page& page, std::int64_t now_ns, const console& to);

/// One line on a game, for a list of several. Without a page: one that this vesta cannot read.
std::string top_line(int pid, const std::optional<control_page>& page, const console& to);

} // namespace vesta::command
