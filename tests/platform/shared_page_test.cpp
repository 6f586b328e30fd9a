#include "vesta/platform/shared_page.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/shared_page_contract.hpp"

using namespace vesta::platform;
using Catch::Matchers::Contains;

namespace {

/// Begins with a name that no other test run has.
std::string own_prefix() { return "vesta_test." + std::to_string(::getpid()) + "."; }

/// Another process makes this page and dies without a word.
void leave_behind(const std::string& name) {
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto page = real_shared_pages().create(name);
    if (page.ok()) (*page)->words()[0] = 7;
    ::_exit(page.ok() ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(status == 0);
}

} // namespace

TEST_CASE("the system's shared pages keep the contract") {
  check_shared_page_contract(real_shared_pages(), own_prefix());
}

TEST_CASE("a page whose process died is readable, known for what it is, and gives way to a new one") {
  auto& pages = real_shared_pages();
  const auto name = own_prefix() + "dead";
  leave_behind(name);
  const auto left = pages.open(name);
  REQUIRE(left.ok());
  CHECK((*left)->words()[0] == 7);
  CHECK_FALSE((*left)->owner_lives());

  auto mine = pages.create(name);
  REQUIRE(mine.ok());
  CHECK((*mine)->words()[0] == 0);
  CHECK((*pages.open(name))->owner_lives());
  CHECK_FALSE((*left)->owner_lives());
}

TEST_CASE("pages of dead processes are swept, those of the living stay") {
  auto& pages = real_shared_pages();
  const auto prefix = own_prefix() + "swept.";
  leave_behind(prefix + "dead");
  const auto mine = pages.create(prefix + "alive");
  REQUIRE(mine.ok());
  CHECK(pages.list(prefix).size() == 2);
  pages.remove_dead(prefix);
  CHECK(pages.list(prefix) == std::vector<std::string>{prefix + "alive"});
}

TEST_CASE("shared memory of another size is no page") {
  const auto name = own_prefix() + "short";
  const int file = ::shm_open(name.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  REQUIRE(file >= 0);
  REQUIRE(::ftruncate(file, 100) == 0);
  const auto seen = real_shared_pages().open(name);
  ::shm_unlink(name.c_str());
  ::close(file);
  CHECK(absl::IsInvalidArgument(seen.status()));
  CHECK_THAT(std::string(seen.status().message()), Contains(name) && Contains("100 bytes"));
}
