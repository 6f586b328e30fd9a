#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vesta/actors/recovery/recovery.hpp"
#include "vesta/messages/recovery.hpp"

namespace vesta {

/// How a strategy has fared with one kind of failure.
struct strategy_tally {
  std::uint32_t tries = 0;
  std::uint32_t cures = 0;
  std::int64_t took_ns = 0; ///< all cures together
};

/// At most so many strategies, Vesta's eight included.
inline constexpr std::size_t strategies_max = 16;
inline constexpr std::size_t categories = static_cast<std::size_t>(category::unknown) + 1;

/// What the coordinator has learnt: a plain value, and so its whole checkpoint.
struct strategy_record {
  std::array<std::array<strategy_tally, strategies_max>, categories> by_category{};
  strategy_tally& of(category kind, std::size_t strategy) {
    return by_category[static_cast<std::size_t>(kind)][strategy];
  }
  const strategy_tally& of(category kind, std::size_t strategy) const {
    return by_category[static_cast<std::size_t>(kind)][strategy];
  }
};

/// The category of a failure that says of itself no more than that a handler threw: by its error code's class
/// (messages/errors.def), else what it says.
category classify(const failure& what);

/// Which strategies can help in this case, those that fit its kind best first: the rules of "Choosing a
/// strategy" in ARCHITECTURE.md. Places in `known`.
std::vector<std::size_t> by_rule(std::span<const strategy_info> known, const recovery_case& what);

/// Of those, in that order and without the declined ones, the one to try: the first, unless what was measured
/// speaks for another that costs no more, by the upper bound of its rate of cures (UCB1; Auer, Cesa-Bianchi
/// and Fischer 2002), and among equals by time. So curiosity never costs more than the rule would, and the
/// choice is the same for the same record. None when nothing is left.
std::optional<std::size_t> choose(std::span<const strategy_info> known,
                                  std::span<const std::size_t> candidates, std::uint32_t declined,
                                  category kind, const strategy_record& learnt);

} // namespace vesta
