#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace vesta {

/// Insertions, deletions, replacements and exchanges of neighbours that lead from one word to the other.
std::size_t edit_distance(std::string_view from, std::string_view to);

/// The known word that somebody who wrote `word` most probably meant: the one at the smallest distance, the
/// first of several, if at most a third of the letters (one at least) are wrong.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known);

/// The end of an error sentence about an unknown word: `did you mean "rate_hz"?`, or else `known are a, b and
/// c`, or `there are none`.
std::string suggest(std::string_view word, std::span<const std::string_view> known);

} // namespace vesta
