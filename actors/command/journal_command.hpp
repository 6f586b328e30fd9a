#pragma once

#include <absl/status/statusor.h>
#include <cstdint>
#include <string>

#include "vesta/actors/command/console.hpp"
#include "vesta/runtime/journal_reader.hpp"

namespace vesta::command {

/// What `vesta journal` is told; the texts are not checked yet, and empty where nothing was given.
struct journal_request {
  std::string action; ///< show, verify or export
  std::string file;
  std::string actor, code, since, until;
  bool json = false, csv = false; ///< for export
};

/// Prints the journal, or what is wrong with it. The status is `not_as_expected` when `verify` finds a broken
/// chain. An error is one sentence. `wall_now_ns`: since 1970; ages such as "15m" count from it.
absl::StatusOr<int> run_journal(const journal_request& request, std::int64_t wall_now_ns, const console& to);

/// The request's filter, or the sentence about what it cannot mean.
absl::StatusOr<journal_filter> filter_of(const journal_request& request, std::int64_t wall_now_ns);

} // namespace vesta::command
