#include "vesta/platform/library_simulated.hpp"

#include <catch2/catch.hpp>

using Catch::Contains;
using namespace vesta::platform;

namespace {

int answer() { return 42; }
int other_answer() { return 43; }

simulated_libraries::symbol_table table(int (*function)()) {
  return {{"entry", reinterpret_cast<void*>(function)}};
}

int call(const library& loaded) { return reinterpret_cast<int (*)()>(loaded.symbol("entry"))(); }

} // namespace

TEST_CASE("a simulated image gives the functions that were registered with its bytes") {
  simulated_libraries loader;
  loader.add("version 1", table(answer));
  loader.add("version 2", table(other_answer));
  const auto first = loader.load("version 1", "fire"), second = loader.load("version 2", "fire");
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(call(**first) == 42);
  CHECK(call(**second) == 43);
  CHECK((*first)->symbol("nothing") == nullptr);
  CHECK((*first)->range().holds(reinterpret_cast<std::uintptr_t>(answer)));
}

TEST_CASE("a simulated image passes the same verification as a real one") {
  simulated_libraries loader;
  loader.add("version 1", table(answer));
  loader.add("version 2", table(answer));
  const auto first = loader.inspect("version 1"), second = loader.inspect("version 2");
  REQUIRE(first.ok());
  CHECK(verify_elf(*first, {{}, {}, "entry"}).ok());
  CHECK_FALSE(verify_elf(*first, {{}, {}, "exit"}).ok());
  CHECK(first->build_id != second->build_id);
}

TEST_CASE("bytes that nobody registered are refused, with the module's name") {
  simulated_libraries loader;
  CHECK(loader.inspect("torn").status().code() == absl::StatusCode::kDataLoss);
  const auto loaded = loader.load("torn", "fire");
  CHECK(loaded.status().code() == absl::StatusCode::kDataLoss);
  CHECK_THAT(std::string(loaded.status().message()), Contains("fire"));
}

TEST_CASE("a loaded simulated library keeps its table when its bytes are registered anew") {
  simulated_libraries loader;
  loader.add("version 1", table(answer));
  const auto before = loader.load("version 1", "fire");
  loader.add("version 1", table(other_answer));
  CHECK(call(**before) == 42);
  CHECK(call(**loader.load("version 1", "fire")) == 43);
}
