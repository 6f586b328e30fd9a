#include "vesta/runtime/checkpoint_writer.hpp"

#include <catch2/catch.hpp>

#include "support/captured_log.hpp"
#include "vesta/platform/files_simulated.hpp"

using namespace vesta;

namespace {

std::vector<char> bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

} // namespace

TEST_CASE("the newest state of each actor is on disk once the writer has finished", "[concurrent]") {
  platform::virtual_clock time;
  platform::simulated_files files{time};
  {
    checkpoint_writer writer(files, "/saved", {0});
    for (int i = 0; i <= 1000; ++i) {
      writer.save("a", 1, bytes_of("a" + std::to_string(i)));
      writer.save("b", 2, bytes_of("b" + std::to_string(i)));
    }
    writer.save("gone", 1, bytes_of("x"));
    writer.forget("gone");
  }
  const checkpoint_files saved(files, "/saved");
  CHECK(saved.load_newest("a", {})->state.bytes == "a1000");
  CHECK(saved.load_newest("b", {.current = 2, .steps = {}})->state.bytes == "b1000");
  CHECK(absl::IsNotFound(saved.load_newest("gone", {}).status()));
}

TEST_CASE("a state that cannot be written is told once, and the next one is tried") {
  platform::virtual_clock time;
  platform::simulated_files files{time};
  REQUIRE(files.write("/saved", "a file where the folder should be").ok());
  test::captured_log log;
  checkpoint_writer writer(files, "/saved", {});
  for (int i = 0; i < 3; ++i) writer.save("a", 1, bytes_of("x"));
  const auto told = log.wait_for("cannot be saved");
  CHECK(std::ranges::count(told, '\n') == 1);
  REQUIRE(files.remove("/saved").ok());
  writer.save("a", 1, bytes_of("y"));
  CHECK(writer.load("a", {})->state.bytes == "y");
}
