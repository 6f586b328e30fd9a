#include "vesta/runtime/nearest.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <vector>

namespace vesta {

std::size_t edit_distance(std::string_view from, std::string_view to) {
  // Three rows of the usual matrix: an exchange of neighbours looks two rows back.
  std::vector<std::size_t> before(to.size() + 1), above(to.size() + 1), row(to.size() + 1);
  for (std::size_t j = 0; j <= to.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const bool same = from[i - 1] == to[j - 1];
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[to.size()];
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  std::size_t limit = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const auto candidate : known) {
    if (const auto distance = edit_distance(word, candidate); distance < limit) {
      limit = distance;
      best = candidate;
    }
  }
  return best;
}

std::string suggest(std::string_view word, std::span<const std::string_view> known) {
  if (known.empty()) return "there are none";
  if (const auto best = nearest(word, known)) return fmt::format("did you mean \"{}\"?", *best);
  if (known.size() == 1) return fmt::format("the only one known is {}", known[0]);
  return fmt::format("known are {} and {}", fmt::join(known.first(known.size() - 1), ", "), known.back());
}

} // namespace vesta
