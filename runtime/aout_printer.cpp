#include "vesta/runtime/aout_printer.hpp"

#include "vesta/messages/prelude.hpp"

#include <cstdio>

namespace vesta::detail {

caf::behavior aout_printer::make_behavior() {
  set_default_handler(caf::drop); // a redirection is not followed
  // An exit overtakes; what was sent before shall still be seen.
  set_exit_handler([this](caf::exit_msg& exit) { send(this, caf::close_atom::value, exit.reason); });
  return {
      [this](caf::add_atom, caf::actor_id from, const std::string& text) {
        std::string& line = lines_[from];
        line += text;
        if (line.ends_with('\n')) flush(line);
      },
      [this](caf::flush_atom, caf::actor_id from) { flush(lines_[from]); },
      [this](caf::delete_atom, caf::actor_id from) {
        flush(lines_[from]);
        lines_.erase(from);
      },
      [this](caf::close_atom, const caf::error& reason) {
        for (auto& [from, line] : lines_) flush(line);
        quit(reason);
      },
  };
}

void aout_printer::flush(std::string& line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
  line.clear();
}

} // namespace vesta::detail
