#include <catch2/catch.hpp>

#include "vesta/runtime/nearest.hpp"

using namespace vesta;

TEST_CASE("the distance counts insertions, deletions, replacements and exchanges of neighbours") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("abc", "") == 3);
  CHECK(edit_distance("rate", "rats") == 1);
  CHECK(edit_distance("rate", "arte") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
}

TEST_CASE("a slip is answered with the word that was meant") {
  const std::string_view known[] = {"rate_hz", "budget_ms", "name"};
  CHECK(nearest("rats_hz", known) == "rate_hz");
  CHECK(nearest("nmae", known) == "name");
  CHECK(nearest("name", known) == "name");
  CHECK(suggest("budget_m", known) == "did you mean \"budget_ms\"?");
}

TEST_CASE("a word far from all known ones is answered with the list") {
  const std::string_view known[] = {"rate_hz", "budget_ms", "name"};
  CHECK_FALSE(nearest("colour", known));
  CHECK(suggest("colour", known) == "known are rate_hz, budget_ms and name");
  CHECK(suggest("colour", std::span(known, 1)) == "the only one known is rate_hz");
  CHECK(suggest("colour", {}) == "there are none");
}
