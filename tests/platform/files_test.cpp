#include "vesta/platform/files.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "platform/file_contract.hpp"

using namespace vesta::platform;
using Catch::Matchers::Contains;

namespace {

struct scratch {
  file_system& files = real_files();
  std::string root = *files.make_temporary_directory("vesta_test_");
  ~scratch() { CHECK(files.remove(root).ok()); }
  std::string operator()(const std::string& name) const { return root + "/" + name; }
};

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

} // namespace

TEST_CASE("the system's files keep the contract of file_system") { check_file_contract(real_files()); }

TEST_CASE("a full disk is one sentence, and leaves nothing behind") {
  const auto status = real_files().write("/dev/full", "x");
  CHECK(absl::IsResourceExhausted(status));
  CHECK_THAT(std::string(status.message()), Contains("cannot write /dev/full") &&
                                                Contains("free some space") &&
                                                Contains("No space left on device"));
}

TEST_CASE("a write replaces the file whole: a reader sees the old or the new one") {
  scratch at;
  const std::string a(100'000, 'a'), b(100'000, 'b');
  REQUIRE(at.files.write(at("file"), a).ok());
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i) static_cast<void>(at.files.write(at("file"), i % 2 == 0 ? b : a));
    done = true;
  });
  int torn = 0;
  while (!done) {
    const auto bytes = at.files.read(at("file"), 1 << 20);
    if (!bytes.ok() || (*bytes != a && *bytes != b)) ++torn;
  }
  writer.join();
  CHECK(torn == 0);
  CHECK(at.files.list(at.root)->size() == 1);
}

TEST_CASE("a write keeps the permissions of the file and the target of a link") {
  scratch at;
  REQUIRE(at.files.write(at("program"), "1").ok());
  REQUIRE(chmod(at("program").c_str(), 0751) == 0);
  REQUIRE(symlink("program", at("link").c_str()) == 0);
  REQUIRE(at.files.write(at("link"), "2").ok());
  CHECK(read_back(at.files, at("program")) == "2");
  CHECK(mode_of(at("program")) == 0751);
  char target[16] = {};
  CHECK(readlink(at("link").c_str(), target, sizeof target - 1) == 7);
}

TEST_CASE("what is no regular file is not read, and never waited for") {
  scratch at;
  REQUIRE(mkfifo(at("pipe").c_str(), 0600) == 0);
  const auto bytes = at.files.read(at("pipe"), 10);
  CHECK(absl::IsInvalidArgument(bytes.status()));
  CHECK_THAT(std::string(bytes.status().message()), Contains("not a regular file"));
}

TEST_CASE("a file without a size of its own is read whole, within the limit") {
  CHECK(real_files().read("/proc/self/status", 1 << 20)->size() > 100);
  CHECK(absl::IsResourceExhausted(real_files().read("/proc/self/status", 10).status()));
}

TEST_CASE("what is removed later is gone in the end") {
  scratch at;
  REQUIRE(at.files.write(at("old"), "x").ok());
  at.files.remove_later(at("old"));
  while (at.files.info(at("old")).ok()) std::this_thread::yield();
  at.files.remove_later(at("never there"));
  CHECK(at.files.list(at(""))->empty());
}

TEST_CASE("removing a directory leaves what its links lead to") {
  scratch at;
  REQUIRE(at.files.make_directory(at("kept")).ok());
  REQUIRE(at.files.write(at("kept/file"), "x").ok());
  REQUIRE(at.files.make_directory(at("gone")).ok());
  REQUIRE(symlink("../kept", at("gone/link").c_str()) == 0);
  REQUIRE(at.files.remove(at("gone")).ok());
  CHECK(read_back(at.files, at("kept/file")) == "x");
}
