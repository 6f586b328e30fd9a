#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "vesta/runtime/journal_record.hpp"

namespace vesta {

/// Which records are wanted: those that fit all that is given.
struct journal_filter {
  std::optional<std::string> actor;
  std::optional<error_code> code;
  std::optional<std::int64_t> since_ns, until_ns; ///< wall clock; both included
};

/// Hands the records out in their order, as they are, checked by nobody. May run while the journal is
/// written: sees it as it was at one moment. Errors are journal_database's.
absl::Status read_journal(const std::string& path, const journal_filter& filter,
                          const std::function<void(const journal_row&)>& visit);

/// What a walk along the chain found.
struct journal_check {
  bool holds = false;
  std::string text; ///< one sentence: what there is, or the first record that does not fit and how
  std::int64_t first = 0, last = 0; ///< of the records that fit; 0: none
  journal_hash hash{};              ///< of the last one that fits; note it elsewhere to prove things later
};

/// Computes all hashes anew. A file that was cut is a chain that does not hold; one that cannot be read or is
/// no journal is an error.
absl::StatusOr<journal_check> verify_journal(const std::string& path);

} // namespace vesta
