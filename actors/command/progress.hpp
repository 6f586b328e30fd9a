#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "vesta/actors/command/console.hpp"
#include "vesta/messages/report.hpp"

namespace vesta::command {

/// What one sees of a running game: a line an event, and on a terminal one line below that always shows the
/// frames of now.
class progress {
public:
  explicit progress(const console& to) : to_(to) {}
  ~progress() { clear(); }
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  void tell(std::int64_t elapsed_ns, std::string_view event);
  /// Rewrites the line of now, on a terminal and at most five times a second.
  void show(std::int64_t elapsed_ns, const run_report& report);
  void clear();

private:
  const console& to_;
  std::int64_t shown_ns_ = -1'000'000'000;
  bool is_shown_ = false;
};

/// "  12.4 s  frame 744, median 4.1 ms, p99 6.2 ms, 0 late; population 712,331 ...", at most `width` columns.
std::string progress_line(std::int64_t elapsed_ns, const run_report& report, std::size_t width);

} // namespace vesta::command
