#include "vesta/runtime/depfile.hpp"

using namespace vesta;
using text_lines = std::vector<std::string>;

TEST_CASE("a depfile's prerequisites come in its order, without the target") {
  CHECK(parse_depfile("/b/module.so: /g/a.cpp /g/a.h\n") == text_lines{"/g/a.cpp", "/g/a.h"});
}

TEST_CASE("lines may be continued") {
  CHECK(parse_depfile("/b/module.so: /g/a.cpp \\\n  /g/a.h \\\n /usr/include/stdint.h\n") ==
        text_lines{"/g/a.cpp", "/g/a.h", "/usr/include/stdint.h"});
}

TEST_CASE("escaped blanks, hashes and dollars belong to the path") {
  CHECK(parse_depfile("m.so: /my\\ game/a.cpp /g/\\#1.h /g/$$money.h") ==
        text_lines{"/my game/a.cpp", "/g/#1.h", "/g/$money.h"});
}

TEST_CASE("two ways to write one path are one path") {
  CHECK(parse_depfile("m.so: /g/modules/../modules/a.h /g/./a.h") == text_lines{"/g/modules/a.h", "/g/a.h"});
}

TEST_CASE("an empty or torn depfile has no prerequisites") {
  CHECK(parse_depfile("").empty());
  CHECK(parse_depfile("/b/module.so:").empty());
  CHECK(parse_depfile("/b/module.so: \\").size() <= 1);
}
