#include "vesta/platform/files_simulated.hpp"

#include <catch2/catch.hpp>

#include "platform/file_contract.hpp"

using namespace vesta::platform;
using Catch::Matchers::Contains;
using names = std::vector<std::string>;

TEST_CASE("simulated files keep the contract of file_system") {
  virtual_clock time;
  simulated_files files(time);
  check_file_contract(files);
}

TEST_CASE("a simulated disk fills up, keeps the old file, and is usable again") {
  virtual_clock time;
  simulated_files files(time);
  files.set_capacity(100);
  REQUIRE(files.write("/a", std::string(40, 'a')).ok());
  CHECK(*files.free_bytes("/") == 60);
  const auto full = files.write("/a", std::string(61, 'b'));
  CHECK(absl::IsResourceExhausted(full));
  CHECK_THAT(std::string(full.message()), Contains("cannot write /a") && Contains("No space left on device"));
  CHECK(read_back(files, "/a") == std::string(40, 'a'));
  CHECK(files.write("/a", std::string(60, 'c')).ok());
  files.set_capacity(10);
  CHECK(*files.free_bytes("/") == 0);
  CHECK(absl::IsResourceExhausted(files.write("/b", "x")));
  REQUIRE(files.remove("/a").ok());
  CHECK(files.write("/b", "x").ok());
}

TEST_CASE("a directory that does not fit is not copied in part") {
  virtual_clock time;
  simulated_files files(time);
  REQUIRE(files.make_directory("/from").ok());
  REQUIRE(files.write("/from/a", "12345").ok());
  REQUIRE(files.write("/from/b", "12345").ok());
  const auto watch = files.start("/", [](const file_event& event) { FAIL("saw " << event.path); });
  files.set_capacity(16);
  CHECK(absl::IsResourceExhausted(files.copy("/from", "/to")));
  CHECK(*files.list("/") == names{"from", "tmp"});
  files.deliver();
}

TEST_CASE("a simulated watch sees changes below its root when they are delivered") {
  virtual_clock time;
  simulated_files files(time);
  REQUIRE(files.make_directory("/src/deep").ok());
  REQUIRE(files.make_directory("/other").ok());
  names seen;
  std::int64_t at_ns = 0;
  auto watch = files.start("/src", [&](const file_event& event) {
    seen.push_back(event.path);
    at_ns = event.at_ns;
  });
  REQUIRE(watch.ok());
  time.advance(5);
  REQUIRE(files.write("/src/a", "1").ok());
  REQUIRE(files.write("/src/deep/b", "1").ok());
  REQUIRE(files.write("/other/c", "1").ok());
  REQUIRE(files.make_directory("/src/new").ok());
  REQUIRE(files.copy("/src/a", "/src/new/d").ok());
  time.advance(5);
  CHECK(seen.empty());
  CHECK(files.deliver() == 3);
  CHECK(seen == names{"/src/a", "/src/deep/b", "/src/new/d"});
  CHECK(at_ns == 5);
  CHECK(files.deliver() == 0);
  seen.clear();
  REQUIRE(files.remove("/src").ok());
  files.deliver();
  CHECK(seen == names{"/src/a", "/src/deep/b", "/src/new/d"});
}

TEST_CASE("after the end of a simulated watch its callback does not run") {
  virtual_clock time;
  simulated_files files(time);
  auto watch = files.start("/tmp", [](const file_event& event) { FAIL("saw " << event.path); });
  REQUIRE(files.write("/tmp/a", "1").ok());
  watch->reset();
  REQUIRE(files.write("/tmp/a", "2").ok());
  CHECK(files.deliver() == 0);
  CHECK(absl::IsNotFound(files.start("/none", {}).status()));
}
