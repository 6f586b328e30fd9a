#pragma once

#include <absl/status/status.h>
#include <fmt/format.h>
#include <ostream>
#include <string>
#include <string_view>

namespace vesta::command {

/// Where the command writes, and how.
struct console {
  std::ostream& out;     ///< results
  std::ostream& err;     ///< why there are none
  bool terminal = false; ///< `out` is looked at as it grows: lines may be rewritten
  bool colours = false;

  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string dim(std::string_view text) const { return paint("2", text); }
  std::string good(std::string_view text) const { return paint("32", text); }
  std::string bad(std::string_view text) const { return paint("31", text); }
  std::string accent(std::string_view text) const { return paint("36", text); }

private:
  /// An SGR code of the terminal. Pad a text to its width first: the code counts for `fmt`.
  std::string paint(std::string_view code, std::string_view text) const {
    return colours ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }
};

/// The sentence of an error.
inline std::string sentence_of(const absl::Status& status) { return std::string(status.message()); }

/// What the command gives back to the shell.
enum exit_status {
  as_expected = 0,
  not_as_expected = 1,
  bad_input = 2,
  interrupted = 130, ///< a signal ended it before its time; the shell's own number for Ctrl-C
};

} // namespace vesta::command
