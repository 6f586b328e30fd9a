#include <catch2/catch.hpp>

#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "vesta/messages/errors.hpp"

using namespace vesta;
using Catch::Matchers::Contains;

TEST_CASE("every row of the error table has a code and a name of its own, a sentence and a remedy") {
  std::set<error_code> codes;
  std::set<std::string_view> names;
  for (const auto& row : error_table()) {
    INFO(row.name);
    CHECK(row.code != error_code::none);
    CHECK(codes.insert(row.code).second);
    CHECK(names.insert(row.name).second);
    CHECK(row.sentence.ends_with('.'));
    CHECK_FALSE(row.remedy.empty());
  }
}

TEST_CASE("the first digit of a code is one of the agents, the second one of the classes") {
  for (const auto& row : error_table()) {
    INFO(row.name);
    const auto code = static_cast<unsigned>(row.code);
    CHECK(code >> 12 <= 6);
    CHECK((code >> 8 & 0xF) <= 9);
  }
}

TEST_CASE("a code is written as its number and its name") {
  CHECK(to_string(error_code::none) == "ok");
  CHECK(to_string(error_code::compile_failed) == "0x3501 compile_failed");
  CHECK(describe(error_code::compile_failed).sentence == "The module does not compile.");
}

TEST_CASE("a code of a game's own and an unknown one are told apart") {
  CHECK(to_string(static_cast<error_code>(0x7051)) == "0x7051 users_error");
  CHECK(to_string(static_cast<error_code>(0x6FFF)) == "0x6fff unknown_error");
}

TEST_CASE("the page of errors has a line for each row of the table") {
  const auto page = errors_markdown();
  CHECK_THAT(page, Contains("| 0x3501 | `compile_failed` | The module does not compile. |"));
  const auto rows = static_cast<std::size_t>(std::ranges::count(page, '\n'));
  CHECK(rows >= error_table().size() + 4);
  for (const auto& row : error_table()) CHECK_THAT(page, Contains(fmt::format("`{}`", row.name)));
}
