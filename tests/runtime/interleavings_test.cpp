#include "runtime/interleavings.hpp"

#include <catch2/catch.hpp>

using namespace vesta::test;

namespace {

constexpr auto to_one = [](const registers&) -> small_number { return 1; };

/// Each thread says that it is there and looks for the other. True when both can have missed each other.
bool both_can_miss(bool fenced) {
  explorer all;
  const int here[] = {all.place("the first flag"), all.place("the second flag")};
  const int missed = all.place("missed");
  for (int t = 0; t < 2; ++t) {
    program thread(t == 0 ? "first" : "second");
    thread.store(here[t], to_one);
    if (fenced) thread.fence();
    thread.load(&registers::a, here[1 - t]);
    thread.jump_if([](const registers& r) { return r.a == 1; }, "seen");
    thread.update(nullptr, missed,
                  [](small_number before, const registers&) -> small_number { return before + 1; });
    thread.label("seen");
    all.add(thread);
  }
  return !all.explore([&](const explorer::rest& now) { return now.memory[missed] < 2; }).trace.empty();
}

} // namespace

TEST_CASE("two threads that store and then look can miss each other, unless a fence is between") {
  CHECK(both_can_miss(false));
  CHECK_FALSE(both_can_miss(true));
}

TEST_CASE("stores of one thread are seen in their order") {
  explorer all;
  const int data = all.place("data"), ready = all.place("ready"), wrong = all.place("wrong");
  program writer("writer"), reader("reader");
  writer.store(data, to_one);
  writer.store(ready, to_one);
  reader.sleep_while(ready, 0);
  reader.load(&registers::a, data);
  reader.jump_if([](const registers& r) { return r.a == 1; }, "right");
  reader.store(wrong, to_one);
  reader.label("right");
  all.add(writer);
  all.add(reader);
  const auto found = all.explore(
      [&](const explorer::rest& now) { return now.memory[wrong] == 0 && now.ended[0] && now.ended[1]; });
  CHECK(found.trace.empty());
  CHECK(found.states > 5);
}

TEST_CASE("a number that two threads load and store loses an addition, one that they update does not") {
  const bool updated = GENERATE(true, false);
  explorer all;
  const int sum = all.place("sum");
  for (const auto* name : {"first", "second"}) {
    program thread(name);
    if (updated) {
      thread.update(nullptr, sum,
                    [](small_number before, const registers&) -> small_number { return before + 1; });
    } else {
      thread.load(&registers::a, sum);
      thread.store(sum, [](const registers& r) -> small_number { return r.a + 1; });
    }
    all.add(thread);
  }
  const auto found = all.explore([&](const explorer::rest& now) { return now.memory[sum] == 2; });
  CHECK(found.trace.empty() == updated);
}

TEST_CASE("a sleeper that nobody wakes is found, with the steps that led there") {
  explorer all;
  const int door = all.place("door"), bell = all.place("bell");
  program guest("guest"), host("host");
  guest.update(nullptr, bell, [](small_number, const registers&) -> small_number { return 1; });
  host.sleep_while(door, 0);
  all.add(guest);
  all.add(host);
  const auto found = all.explore([](const explorer::rest& now) { return now.ended[1]; });
  CHECK(found.trace == "guest changes bell\n");
}
