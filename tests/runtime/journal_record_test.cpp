#include "vesta/runtime/journal_record.hpp"

#include <set>

using namespace vesta;

TEST_CASE("a hash of the chain depends on every field, on where each text ends, and on the hash before") {
  const journal_row row{.number = 1,
                        .wall_ns = 2,
                        .steady_ns = 3,
                        .incarnation = 4,
                        .code = 5,
                        .kind = "failure",
                        .actor = "ab",
                        .recovery = "c",
                        .text = "d"};
  std::set<std::string> seen;
  const auto add = [&](auto change) {
    auto other = row;
    change(other);
    seen.insert(to_hex(chained({}, other)));
  };
  add([](journal_row&) {});
  add([](journal_row& it) { it.number = 9; });
  add([](journal_row& it) { it.wall_ns = 9; });
  add([](journal_row& it) { it.steady_ns = 9; });
  add([](journal_row& it) { it.incarnation = 9; });
  add([](journal_row& it) { it.code = 9; });
  add([](journal_row& it) { it.kind = "change"; });
  add([](journal_row& it) { it.actor = "a", it.recovery = "bc"; });
  add([](journal_row& it) { it.recovery = "cd", it.text = ""; });
  seen.insert(to_hex(chained(chained({}, row), row)));
  CHECK(seen.size() == 10);
  CHECK(seen.begin()->size() == 64);
}

TEST_CASE("a hash of the chain is the same on every machine and in every version") {
  const journal_row row{.number = 1, .kind = "started", .actor = "engine", .text = "city"};
  CHECK(to_hex(chained({}, row)) == "f25bfe3d395e922e3a70af9a753e6d0f9bc341195495391f72f8816ffe281800");
}

TEST_CASE("each kind of record has its name") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < journal_kind_count; ++i) names.insert(name_of(static_cast<journal_kind>(i)));
  CHECK(names.size() == journal_kind_count);
  CHECK_FALSE(names.contains(""));
}
