#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "vesta/actors/command/console.hpp"
#include "vesta/messages/report.hpp"

namespace vesta::command {

/// Turns what is new in a run's report into lines for people, each thing told once, and like failures in one
/// line. A compile error is told in full, and once the same module is live again, that it cleared.
class event_teller {
public:
  explicit event_teller(const console& to) : to_(to) {}

  /// What happened since the last call; a text may have several lines.
  std::vector<std::string> tell(const run_report& report);

private:
  void tell_change(const change_report& change, std::vector<std::string>& lines);
  void tell_failures(const std::vector<cured_failure>& failures, std::vector<std::string>& lines);

  const console& to_;
  std::map<std::uint64_t, verdict_on_change> changes_; ///< told, by number
  std::map<std::uint64_t, std::string> failures_;      ///< told, by id, with their cure
  std::set<std::string> broken_;                       ///< modules whose last source did not compile
  std::size_t module_failures_ = 0;                    ///< told
};

} // namespace vesta::command
