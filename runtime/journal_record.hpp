#pragma once

// A record of the journal, and the hash that chains it to the one before it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "vesta/messages/errors.hpp"

namespace vesta {

enum class journal_kind : std::uint8_t {
  started,   ///< the game was opened
  stopped,   ///< and closed in good order
  failure,   ///< of an actor; `recovery` is its supervisor's verdict
  isolated,  ///< the verdict left the actor parked
  recovered, ///< by `recovery`
  escalated, ///< to the root
  change,    ///< what became of an edit; `recovery` is the verdict on it
  swap,      ///< a version went into the frames
  rollback,  ///< a module failed: code or state went back
  lifecycle, ///< any other move of a version
  lost,      ///< records that found no room; their number is in the text
  unclean    ///< the journal was not closed before
};
inline constexpr std::size_t journal_kind_count = 12;

std::string_view name_of(journal_kind kind);

/// What a caller writes down. Longer texts are cut to the limits below and then end in "...".
struct journal_note {
  journal_kind kind = journal_kind::failure;
  std::string_view actor;
  std::uint64_t incarnation = 0; ///< counted from 1; 0: does not matter
  error_code code = error_code::none;
  std::string_view text;
  std::string_view recovery; ///< a remedy or a verdict
};
inline constexpr std::size_t journal_actor_max = 64, journal_recovery_max = 24,
                             journal_text_max = 256; // bytes

/// A record as it lies in the file. The numbers are as wide as the file's, so that no edit of them stays
/// unseen; the texts belong to whoever hands the record out.
struct journal_row {
  std::int64_t number = 0;    ///< counted from 1, without a gap
  std::int64_t wall_ns = 0;   ///< since 1970, at the call site
  std::int64_t steady_ns = 0; ///< at the call site; comparable until the machine starts anew
  std::int64_t incarnation = 0;
  std::int64_t code = 0;
  std::string_view kind, actor, recovery, text;
};

using journal_hash = std::array<unsigned char, 32>;

/// BLAKE2b-256 over the hash before and the record's canonical bytes: the numbers as little-endian 64 bits,
/// the lengths of the texts, the texts. It is no signature: who edits a record can compute all later hashes
/// anew. It shows damage and careless edits; and whoever noted an earlier hash elsewhere can tell that
/// nothing up to there was changed.
journal_hash chained(const journal_hash& before, const journal_row& row);

/// 64 hexadecimal digits.
std::string to_hex(const journal_hash& hash);

} // namespace vesta
