#include "vesta/platform/thread.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <pthread.h>
#include <thread>

#include "vesta/platform/topology.hpp"

using namespace vesta::platform;

namespace {

std::string name_of_this_thread() {
  char name[16] = {};
  pthread_getname_np(pthread_self(), name, sizeof name);
  return name;
}

} // namespace

TEST_CASE("a pinned thread runs on its core alone and bears its name") {
  const auto machine = find_topology();
  REQUIRE(machine.ok());
  for (int core : {machine->performance.front(), machine->efficiency.back()}) {
    bool pinned = false, stayed = true;
    std::string name;
    std::thread([&] {
      pinned = pin_this_thread({core}, "a name longer than fifteen bytes");
      for (int i = 0; i < 100; ++i) {
        stayed &= current_core() == core;
        std::this_thread::yield();
      }
      name = name_of_this_thread();
    }).join();
    CHECK(pinned);
    CHECK(stayed);
    CHECK(name == "a name longer t");
  }
}

TEST_CASE("a core that does not exist is refused") {
  bool pinned = true, beyond = true, negative = true;
  std::thread([&] {
    pinned = pin_this_thread({1023}, "x");
    beyond = pin_this_thread({100'000}, "x");
    negative = pin_this_thread({-1}, "x");
  }).join();
  CHECK_FALSE(pinned);
  CHECK_FALSE(beyond);
  CHECK_FALSE(negative);
}

TEST_CASE("without cores, a thread leaves the core that it inherited") {
  const auto machine = find_topology();
  REQUIRE(machine.ok());
  const auto allowed = [] {
    cpu_set_t set;
    sched_getaffinity(0, sizeof set, &set);
    return CPU_COUNT(&set);
  };
  const int of_main = allowed();
  int inherited = 0, released = 0;
  std::thread([&] {
    pin_this_thread({machine->performance.front()}, "parent");
    std::thread([&] {
      inherited = allowed();
      pin_this_thread({}, "child");
      released = allowed();
    }).join();
  }).join();
  CHECK(inherited == 1);
  CHECK(released == of_main);
}

TEST_CASE("memory that is touched shows as resident, and the peak stays") {
  constexpr std::size_t size = 64 << 20;
  const auto before = process_memory();
  REQUIRE(before.resident_bytes > 0);
  std::uint64_t during = 0;
  {
    std::string block(size, 'x');
    during = process_memory().resident_bytes;
    CHECK(block.back() == 'x');
  }
  CHECK(during >= before.resident_bytes + size / 2);
  CHECK(process_memory().peak_bytes >=
        before.resident_bytes + size / 2); // the kernel counts in lots of pages
}
