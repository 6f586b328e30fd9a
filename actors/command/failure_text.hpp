#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/messages/report.hpp"

namespace vesta::command {

/// Failures that are told in one line, since nothing but their actors and moments tells them apart.
struct failure_group {
  std::vector<std::string> actors; ///< each once
  std::uint64_t count = 0;
  error_code code = error_code::none;
  std::string text;
  std::string by;           ///< a remedy's name; empty while they are not cured
  std::int64_t took_ns = 0; ///< the longest

  /// "fire", "fire and 3 others"
  std::string who() const;
};

/// Adds to the group of the same text and remedy, or a new one.
void add(std::vector<failure_group>& groups, const cured_failure& failed);

/// Whether the message on which the actor had failed took effect after all, by a remedy's name.
bool is_cure(std::string_view by);

/// What a remedy has come to, around the actor's name: "cured" fire "by rollback", "isolated" fire, "went on"
/// fire "without that message".
struct remedy_words {
  std::string before, after;
};
remedy_words words_of(std::string_view by);

} // namespace vesta::command
