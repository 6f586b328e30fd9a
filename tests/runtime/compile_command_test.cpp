#include "vesta/runtime/compile_command.hpp"

using namespace vesta;
using Catch::Matchers::VectorContains;

namespace {

std::vector<std::string> command(const std::string& compiler, const std::string& source,
                                 const std::string& linker = "", const std::vector<std::string>& flags = {}) {
  return compile_command({.compiler = compiler,
                          .include_directory = "/include",
                          .source = source,
                          .image = "/b/module.so",
                          .depfile = "/b/module.d",
                          .linker = linker},
                         flags);
}

std::string after(const std::vector<std::string>& words, const std::string& option) {
  const auto it = std::ranges::find(words, option);
  return it == words.end() || std::next(it) == words.end() ? "" : *std::next(it);
}

} // namespace

TEST_CASE(
    "the command begins with the compiler, ends with the source, and names image, depfile and headers") {
  const auto words = command("/usr/bin/g++", "/g/fire.cpp");
  CHECK(words.front() == "/usr/bin/g++");
  CHECK(words.back() == "/g/fire.cpp");
  CHECK(after(words, "-o") == "/b/module.so");
  CHECK(after(words, "-MF") == "/b/module.d");
  CHECK(after(words, "-I") == "/include");
  CHECK_THAT(words, VectorContains(std::string("-fvisibility=hidden")));
}

TEST_CASE("a C source is compiled as C11 and any other as C++20") {
  CHECK(after(command("/usr/bin/g++", "/g/fire.c"), "-x") == "c");
  CHECK_THAT(command("/usr/bin/g++", "/g/fire.c"), VectorContains(std::string("-std=c11")));
  CHECK(after(command("/usr/bin/g++", "/g/fire.cpp"), "-x") == "c++");
  CHECK_THAT(command("/usr/bin/g++", "/g/fire.cpp"), VectorContains(std::string("-std=c++20")));
}

TEST_CASE("unique symbols are switched off where the compiler makes them and knows the option") {
  const std::string option = "-fno-gnu-unique";
  CHECK_THAT(command("/usr/bin/g++", "/g/fire.cpp"), VectorContains(option));
  CHECK_THAT(command("/usr/bin/clang++", "/g/fire.cpp"), !VectorContains(option));
  CHECK_THAT(command("/usr/bin/g++", "/g/fire.c"), !VectorContains(option));
}

TEST_CASE("a linker is named only where there is one to name") {
  CHECK_THAT(command("/usr/bin/g++", "/g/fire.cpp", "mold"), VectorContains(std::string("-fuse-ld=mold")));
  for (const auto& word : command("/usr/bin/g++", "/g/fire.cpp")) CHECK_FALSE(word.starts_with("-fuse-ld"));
}

TEST_CASE("the module's own flags come after the host's, so that they win") {
  const auto words = command("/usr/bin/g++", "/g/fire.cpp", "", {"-O0", "-DDEBUG"});
  CHECK(std::ranges::find(words, "-O2") < std::ranges::find(words, "-O0"));
  CHECK_THAT(words, VectorContains(std::string("-DDEBUG")));
}
