#include "vesta/platform/library.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "platform/compiled_module.hpp"

using Catch::Contains;
using namespace vesta::platform;
using vesta::test::compiled;

namespace {

/// A module whose `value` is `number`, and whose `count` counts its own calls.
std::optional<std::string> numbered(int number) {
  return compiled("#define SHOWN __attribute__((visibility(\"default\")))\n"
                  "static int calls;\n"
                  "SHOWN int count(void) { return ++calls; }\n"
                  "static int __attribute__((noinline)) hidden(void) { return " +
                  std::to_string(number) +
                  "; }\n"
                  "SHOWN int value(void) { return hidden(); }\n"
                  "SHOWN int (*const hidden_function)(void) = hidden;\n");
}

int call(const library& loaded, const char* function) {
  return reinterpret_cast<int (*)()>(loaded.symbol(function))();
}

std::unique_ptr<library> load(std::string_view image, const std::string& name = "fire") {
  auto loaded = real_libraries().load(image, name);
  REQUIRE(loaded.ok());
  return std::move(*loaded);
}

std::ptrdiff_t open_files() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                       std::filesystem::directory_iterator());
}

} // namespace

TEST_CASE("a loaded image gives its functions, and says where they lie") {
  const auto image = numbered(1);
  if (!image) return;
  const auto fire = load(*image);
  CHECK(call(*fire, "value") == 1);
  CHECK(fire->symbol("nothing") == nullptr);
  CHECK(fire->range().holds(reinterpret_cast<std::uintptr_t>(fire->symbol("value"))));
  CHECK_FALSE(fire->range().holds(reinterpret_cast<std::uintptr_t>(&open_files)));
}

TEST_CASE("a file that changed gives the new code under the same path and name") {
  const auto first = numbered(1), second = numbered(2);
  if (!first) return;
  const vesta::test::scratch_directory directory;
  const auto path = directory / "fire.so";
  std::ofstream(path, std::ios::binary) << *first;
  auto old = load(vesta::test::read_bytes(path));
  std::ofstream(path, std::ios::binary) << *second;
  const auto beside = load(vesta::test::read_bytes(path));
  CHECK(call(*old, "value") == 1);
  CHECK(call(*beside, "value") == 2);
  old.reset();
  CHECK(call(*load(*first), "value") == 1);
  CHECK(call(*beside, "value") == 2);
}

TEST_CASE("each load has statics of its own, the same bytes loaded twice too") {
  const auto image = numbered(1);
  if (!image) return;
  const auto one = load(*image), other = load(*image);
  CHECK(call(*one, "count") == 1);
  CHECK(call(*one, "count") == 2);
  CHECK(call(*other, "count") == 1);
}

TEST_CASE("hundreds of loads give the right code each time and keep no file open") {
  const std::vector images{numbered(0), numbered(1), numbered(2)};
  if (!images[0]) return;
  const auto files = open_files();
  std::vector<std::unique_ptr<library>> kept;
  int wrong = 0;
  for (int i = 0; i < 300; ++i) {
    auto loaded = load(*images[static_cast<std::size_t>(i) % 3]);
    wrong += call(*loaded, "value") != i % 3;
    wrong += call(*loaded, "count") != 1;
    if (i % 2 == 0) kept.push_back(std::move(loaded));
  }
  CHECK(wrong == 0);
  CHECK(open_files() == files);
}

TEST_CASE("threads load at once") {
  const auto first = numbered(1), second = numbered(2);
  if (!first) return;
  int wrong[2] = {};
  const auto work = [&](int which) {
    for (int i = 0; i < 50; ++i) {
      const auto loaded = real_libraries().load(which == 0 ? *first : *second, "fire");
      wrong[which] += !loaded.ok() || call(**loaded, "value") != which + 1;
    }
  };
  std::thread other(work, 1);
  work(0);
  other.join();
  CHECK(wrong[0] + wrong[1] == 0);
}

TEST_CASE("the destructor unloads") {
  const auto image = numbered(1);
  if (!image) return;
  const auto mapped = [] { return vesta::test::read_bytes("/proc/self/maps"); };
  auto loaded = load(*image, "short_lived");
  CHECK_THAT(mapped(), Contains("/memfd:short_lived"));
  loaded.reset();
  CHECK_THAT(mapped(), !Contains("/memfd:short_lived"));
}

TEST_CASE("what cannot be loaded is named, with the loader's reason") {
  const auto refused = real_libraries().load("not a library at all", "fire");
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(std::string(refused.status().message()),
             Contains("module fire cannot be loaded") && !Contains("/proc"));
  const auto image = compiled("int nowhere(void); int value(void) { return nowhere(); }", "");
  if (!image) return;
  const auto undefined = real_libraries().load(*image, "fire");
  REQUIRE_FALSE(undefined.ok());
  CHECK_THAT(std::string(undefined.status().message()),
             Contains("fire") && Contains("undefined symbol: nowhere"));
}

TEST_CASE("an address in a module is described by the module's name and its function") {
  const auto image = numbered(1);
  if (!image) return;
  const auto fire = load(*image);
  const auto address = *static_cast<const std::uintptr_t*>(fire->symbol("hidden_function"));
  CHECK(describe_address(address) == "fire: hidden+0x0");
  CHECK(describe_address(reinterpret_cast<std::uintptr_t>(fire->symbol("value")) + 1) == "fire: value+0x1");
  CHECK_THAT(describe_address(fire->range().begin), Contains("fire+0x0"));
  CHECK_THAT(describe_address(reinterpret_cast<std::uintptr_t>(&std::abort)), Contains("abort"));
  CHECK(describe_address(0x10) == "0x10");
}

TEST_CASE("what an image says of itself is read through the loader") {
  const auto image = numbered(1);
  if (!image) return;
  const auto facts = real_libraries().inspect(*image);
  REQUIRE(facts.ok());
  CHECK(std::count(facts->exports.begin(), facts->exports.end(), "value") == 1);
  CHECK_FALSE(real_libraries().inspect("torn").ok());
}
