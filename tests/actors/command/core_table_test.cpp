#include "vesta/actors/command/core_table.hpp"

#include <catch2/catch.hpp>

using vesta::command::core_table;
using core_rows = std::vector<vesta::platform::core_row>;
using table = std::vector<std::string>;

TEST_CASE("the table of cores says of each its class, kind, rank, siblings and why it is not used") {
  const core_rows hybrid = {{0, true, false, "", "IntelCore", 1, {1}},
                            {1, false, false, "over the CPU quota", "IntelCore", 1, {0}},
                            {12, false, true, "", "IntelAtom", 0, {}},
                            {13, false, false, "offline", "", -1, {}}};
  CHECK(core_table(hybrid) ==
        table{"core  class        kind       rank  siblings",
              "0     performance  IntelCore  1     1         in use",
              "1     -            IntelCore  1     0         not in use: over the CPU quota",
              "12    efficiency   IntelAtom  0     -         in use",
              "13    -            -          -     -         not in use: offline"});
}

TEST_CASE("the table of cores shows one core that serves both classes, with all its siblings") {
  CHECK(core_table({{0, true, true, "", "", -1, {1, 2, 3}}}) ==
        table{"core  class  kind  rank  siblings", "0     both   -     -     1,2,3     in use"});
}
