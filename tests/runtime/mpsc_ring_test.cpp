#include "vesta/runtime/mpsc_ring.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <thread>
#include <vector>

using vesta::mpsc_ring;

namespace {

struct command {
  std::uint32_t producer = 0, number = 0;
  std::uint64_t check = 0;
};

constexpr std::uint32_t producers = 3;

std::uint64_t check_of(std::uint32_t producer, std::uint32_t number) {
  return ~(std::uint64_t{producer} << 32 | number);
}

/// What one consumer saw of the commands of several producers.
struct tally_sheet {
  std::array<std::uint32_t, producers> last{};
  std::uint64_t got = 0, wrong = 0;

  /// A producer's commands rise; where none may be missing, by one.
  void add(const command& what, bool none_missing) {
    auto& before = last[what.producer];
    wrong += what.check != check_of(what.producer, what.number);
    wrong += none_missing ? what.number != before + 1 : what.number <= before;
    before = what.number;
    ++got;
  }
};

} // namespace

TEST_CASE(
    "a ring for many producers keeps its order over many laps, and takes one when it had to refuse one") {
  mpsc_ring<int> ring{3};
  CHECK(ring.capacity() == 4);
  CHECK(mpsc_ring<int>{1}.capacity() == 2);
  int next = 0, expected = 0, got = -1;
  CHECK_FALSE(ring.pop(got));
  for (int lap = 0; lap < 50; ++lap) {
    while (ring.push(next)) ++next;
    CHECK(ring.overflows() == static_cast<std::uint64_t>(lap + 1));
    CHECK(next - expected == 4);
    for (int i = 0; i <= lap % 4; ++i) {
      REQUIRE(ring.pop(got));
      REQUIRE(got == expected++);
    }
  }
}

TEST_CASE("a batch of commands ends where the ring is empty or the batch is full") {
  mpsc_ring<int> ring{8};
  for (int i = 0; i < 5; ++i) ring.push(i);
  std::array<int, 3> got{};
  CHECK(ring.pop(got) == 3);
  CHECK(got == std::array{0, 1, 2});
  CHECK(ring.pop(got) == 2);
  CHECK(got == std::array{3, 4, 2});
}

TEST_CASE("producers that try again lose none of their millions of commands, and keep their order",
          "[concurrent]") {
  constexpr std::uint32_t each = 700'000;
  mpsc_ring<command> ring{128};
  std::array<std::uint64_t, producers> refused{};
  std::vector<std::thread> threads;
  for (std::uint32_t p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      for (std::uint32_t i = 1; i <= each; ++i)
        while (!ring.push({p, i, check_of(p, i)})) {
          ++refused[p];
          std::this_thread::yield();
        }
    });
  tally_sheet seen;
  std::array<command, 32> batch;
  while (seen.got < std::uint64_t{each} * producers) {
    const auto count = ring.pop(batch);
    if (count == 0) std::this_thread::yield();
    for (std::size_t i = 0; i < count; ++i) seen.add(batch[i], true);
  }
  for (auto& thread : threads) thread.join();
  CHECK(seen.wrong == 0);
  CHECK(ring.pop(batch) == 0);
  CHECK(ring.overflows() == refused[0] + refused[1] + refused[2]);
}

TEST_CASE("producers that do not try again find each refusal counted, and no command is doubled",
          "[concurrent]") {
  constexpr std::uint32_t each = 700'000;
  mpsc_ring<command> ring{16};
  std::atomic<std::uint64_t> accepted = 0, refused = 0;
  std::atomic<std::uint32_t> at_work = producers;
  std::vector<std::thread> threads;
  for (std::uint32_t p = 0; p < producers; ++p)
    threads.emplace_back([&, p] {
      std::uint64_t in = 0;
      for (std::uint32_t i = 1; i <= each; ++i) in += ring.push({p, i, check_of(p, i)});
      accepted += in;
      refused += each - in;
      --at_work;
    });
  tally_sheet seen;
  for (command next; at_work > 0;)
    while (ring.pop(next)) seen.add(next, false);
  for (command next; ring.pop(next);) seen.add(next, false);
  for (auto& thread : threads) thread.join();
  CHECK(seen.wrong == 0);
  CHECK(seen.got == accepted);
  CHECK(ring.overflows() == refused);
  CHECK(accepted + refused == std::uint64_t{each} * producers);
}
