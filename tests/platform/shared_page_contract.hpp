#pragma once

#include <catch2/catch.hpp>

#include "vesta/platform/shared_page.hpp"

namespace vesta::platform {

/// What the system's shared pages and their simulated twin have to do alike.
inline void check_shared_page_contract(shared_pages& pages, const std::string& prefix) {
  using names = std::vector<std::string>;
  CHECK(pages.list(prefix).empty());
  CHECK(absl::IsNotFound(pages.open(prefix + "none").status()));

  auto mine = pages.create(prefix + "b");
  REQUIRE(mine.ok());
  auto words = (*mine)->words();
  CHECK(reinterpret_cast<std::uintptr_t>(words.data()) % shared_page_bytes == 0);
  for (auto& word : words) CHECK(word == 0);

  const auto seen = pages.open(prefix + "b");
  REQUIRE(seen.ok());
  words[0] = 1;
  words[shared_page_words - 1] = 2;
  CHECK((*seen)->words()[0] == 1);
  CHECK((*seen)->words()[shared_page_words - 1] == 2);
  CHECK((*seen)->owner_lives());

  const auto again = pages.create(prefix + "b");
  CHECK(absl::IsAlreadyExists(again.status()));
  CHECK(std::string(again.status().message()).find(prefix + "b") != std::string::npos);
  const auto other = pages.create(prefix + "a");
  REQUIRE(other.ok());
  CHECK(pages.list(prefix) == names{prefix + "a", prefix + "b"});
  pages.remove_dead(prefix);
  CHECK(pages.list(prefix).size() == 2);

  mine->reset();
  CHECK(pages.list(prefix) == names{prefix + "a"});
  CHECK_FALSE((*seen)->owner_lives());
  CHECK((*seen)->words()[0] == 1);
  CHECK(absl::IsNotFound(pages.open(prefix + "b").status()));
}

} // namespace vesta::platform
