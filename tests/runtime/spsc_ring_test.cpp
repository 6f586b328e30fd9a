#include "vesta/runtime/spsc_ring.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <thread>

using vesta::spsc_ring;

TEST_CASE("commands come out in the order in which they went in, over many laps") {
  spsc_ring<int> ring{4};
  int pushed = 0, popped = 0;
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 1 + round % 4; ++i) REQUIRE(ring.push(pushed++));
    for (int got = 0; popped < pushed; ++popped) {
      REQUIRE(ring.pop(got));
      REQUIRE(got == popped);
    }
    int none = -1;
    CHECK_FALSE(ring.pop(none));
    CHECK(none == -1);
  }
}

TEST_CASE("a ring for one consumer holds its capacity, a power of two, and counts what it refuses") {
  CHECK(spsc_ring<int>{0}.capacity() == 1);
  CHECK(spsc_ring<int>{5}.capacity() == 8);
  spsc_ring<int> ring{2};
  CHECK(ring.push(1));
  CHECK(ring.push(2));
  CHECK_FALSE(ring.push(3));
  CHECK_FALSE(ring.push(4));
  CHECK(ring.overflows() == 2);
  std::array<int, 3> got{};
  CHECK(ring.pop(got) == 2);
  CHECK(got == std::array{1, 2, 0});
  CHECK(ring.push(5));
  CHECK(ring.overflows() == 2);
}

TEST_CASE("a batch takes no more than fits, and leaves the rest in order") {
  spsc_ring<int> ring{8};
  for (int i = 0; i < 7; ++i) ring.push(i);
  std::array<int, 4> got{};
  CHECK(ring.pop(got) == 4);
  CHECK(got == std::array{0, 1, 2, 3});
  CHECK(ring.pop(got) == 3);
  CHECK(got == std::array{4, 5, 6, 3});
  CHECK(ring.pop(got) == 0);
}

TEST_CASE("of millions of commands from one thread to another each comes once, or was refused and counted",
          "[concurrent]") {
  struct command {
    std::uint64_t number = 0, check = 0;
  };
  constexpr std::uint64_t total = 4'000'000;
  spsc_ring<command> ring{64};
  std::atomic<bool> over = false;
  std::uint64_t refused = 0;
  std::thread producer{[&] {
    for (std::uint64_t i = 1; i <= total; ++i)
      if (!ring.push({i, ~i})) {
        ++refused;
        std::this_thread::yield();
      }
    over = true;
  }};
  std::uint64_t got = 0, before = 0, wrong = 0;
  std::array<command, 16> batch;
  const auto take = [&] {
    const auto count = ring.pop(batch);
    for (std::size_t i = 0; i < count; ++i) {
      wrong += batch[i].number <= before || batch[i].check != ~batch[i].number;
      before = batch[i].number;
    }
    got += count;
    return count;
  };
  while (!over)
    if (take() == 0) std::this_thread::yield();
  while (take() > 0) {
  }
  producer.join();
  CHECK(wrong == 0);
  CHECK(got + refused == total);
  CHECK(ring.overflows() == refused);
}
