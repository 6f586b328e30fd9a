#include "vesta/runtime/inbox.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <thread>

#include "vesta/messages/prelude.hpp"

using namespace vesta;
using result = inbox::result;

namespace {

struct numbered {
  int sender = 0, number = 0;
};
VESTA_MESSAGE(numbered);

result push(inbox& to, numbered message) {
  auto* sealed = seal(message).release();
  const auto what = to.push(sealed, sealed);
  if (what == result::closed) envelope_ptr{sealed};
  return what;
}

/// One parcel of several messages.
result push(inbox& to, const std::vector<numbered>& messages) {
  envelope* first = nullptr;
  envelope* last = nullptr;
  for (const auto& each : messages) {
    auto* sealed = seal(each).release();
    (last ? last->next : first) = sealed;
    last = sealed;
  }
  return to.push(first, last, messages.size());
}

std::vector<int> numbers(inbox& from) {
  std::vector<int> all;
  while (const auto next = from.pop()) all.push_back(next->as<numbered>()->number);
  return all;
}

} // namespace

TEST_CASE("an inbox begins blocked, and the first push alone says so") {
  inbox box;
  CHECK(push(box, {0, 1}) == result::unblocked);
  CHECK(push(box, {0, 2}) == result::accepted);
}

TEST_CASE("a push into a crowd says so, until the reader has taken it") {
  inbox box;
  for (std::size_t i = 0; i < inbox::crowd; ++i) push(box, {0, static_cast<int>(i)});
  CHECK(push(box, {0, -1}) == result::crowded);
  CHECK(numbers(box).size() == inbox::crowd + 1);
  CHECK(push(box, {0, 0}) == result::accepted);
}

TEST_CASE("messages come out in order, too, where each names another one that is worth fetching") {
  inbox box;
  std::array<envelope*, 6> sealed{};
  for (int i = 0; i < 6; ++i) {
    sealed[static_cast<std::size_t>(i)] = seal(numbered{0, i}).release();
    sealed[static_cast<std::size_t>(i)]->next = i < 4 ? nullptr : sealed[static_cast<std::size_t>(i - 4)];
    box.push(sealed[static_cast<std::size_t>(i)], sealed[static_cast<std::size_t>(i)]);
  }
  CHECK(numbers(box) == std::vector{0, 1, 2, 3, 4, 5});
}

TEST_CASE("messages come out in the order in which they went in, parcels and single ones") {
  inbox box;
  push(box, {0, 1});
  push(box, std::vector<numbered>{{0, 2}, {0, 3}, {0, 4}});
  push(box, {0, 5});
  CHECK(numbers(box) == std::vector{1, 2, 3, 4, 5});
  push(box, std::vector<numbered>{{0, 6}, {0, 7}});
  CHECK(numbers(box) == std::vector{6, 7});
}

TEST_CASE("what comes while a reader is at it comes after what it has taken") {
  inbox box;
  push(box, {0, 1});
  push(box, {0, 2});
  CHECK(box.pop()->as<numbered>()->number == 1);
  push(box, {0, 3});
  CHECK(numbers(box) == std::vector{2, 3});
}

TEST_CASE("an inbox blocks only when it is empty") {
  inbox box;
  push(box, {0, 1});
  CHECK_FALSE(box.try_block());
  box.pop();
  CHECK(box.try_block());
  CHECK(push(box, {0, 2}) == result::unblocked);
}

TEST_CASE("a closed inbox takes nothing, and shows what was in it when it closed") {
  inbox box;
  push(box, {0, 1});
  push(box, {0, 2});
  box.pop();
  push(box, {0, 3});
  std::vector<int> dropped;
  box.close([&](envelope& left) { dropped.push_back(left.as<numbered>()->number); });
  CHECK(dropped == std::vector{2, 3});
  CHECK(box.is_closed());
  CHECK(push(box, {0, 4}) == result::closed);
  CHECK_FALSE(box.pop());
}

TEST_CASE("many senders lose nothing, keep their order, and wake the reader each time that it blocked",
          "[concurrent]") {
  constexpr int senders = 4, messages = 20'000;
  inbox box;
  box.publish();
  std::atomic<int> wakes{0}; // a semaphore would hide a lost one behind an earlier one
  std::vector<std::thread> threads;
  for (int s = 0; s < senders; ++s)
    threads.emplace_back([&, s] {
      for (int i = 0; i < messages; i += 2) {
        const auto what = i % 4 == 0
                              ? push(box, std::vector<numbered>{{s, i}, {s, i + 1}})
                              : (push(box, {s, i}) == result::unblocked ? ++wakes : 0, push(box, {s, i + 1}));
        if (what == result::unblocked) {
          ++wakes;
          wakes.notify_one();
        }
      }
    });
  std::array<int, senders> next{};
  int blocked_before = 1, got = 0; // it begins blocked
  bool ordered = true;
  while (got < senders * messages) {
    for (int seen = wakes; seen < blocked_before; seen = wakes) std::this_thread::yield();
    while (const auto message = box.pop()) {
      const auto& [sender, number] = *message->as<numbered>();
      ordered = ordered && number == next[static_cast<std::size_t>(sender)]++;
      ++got;
    }
    if (got < senders * messages && box.try_block()) ++blocked_before;
  }
  for (auto& each : threads) each.join();
  CHECK(ordered);
  CHECK(got == senders * messages);
  CHECK(wakes == blocked_before);
}

TEST_CASE("urgent messages are read before all others, in their own order") {
  inbox box;
  const auto push_urgent = [&](int number) {
    auto* sealed = seal(numbered{0, number}).release();
    return box.push_urgent(sealed, sealed);
  };
  push(box, std::vector<numbered>{{0, 1}, {0, 2}});
  CHECK(box.pop()->as<numbered>()->number == 1);
  CHECK(push_urgent(11) == result::accepted);
  CHECK(push_urgent(12) == result::accepted);
  CHECK(box.pop()->as<numbered>()->number == 11);
  push_urgent(13);
  CHECK(numbers(box) == std::vector{12, 13, 2});
  CHECK(box.try_block());
  CHECK(push_urgent(14) == result::unblocked);
  CHECK_FALSE(box.try_block());
  box.close([](envelope&) {});
  CHECK(push(box, {0, 3}) == result::closed);
  auto* late = seal(numbered{0, 15}).release();
  CHECK(box.push_urgent(late, late) == result::closed);
  envelope_ptr{late};
}

TEST_CASE("a bounded inbox accepts no more than its limit until its reader has come by") {
  inbox box;
  box.limit(3);
  CHECK(push(box, std::vector<numbered>{{0, 1}, {0, 2}}) == result::unblocked);
  auto* first = seal(numbered{0, 3}).release();
  first->next = seal(numbered{0, 4}).release();
  CHECK(box.push(first, first->next, 2) == result::full);
  envelope_ptr{first->next};
  CHECK(box.push(first, first, 1) == result::accepted);
  auto* promised = seal(numbered{0, 5}).release();
  CHECK(box.push(promised, promised, 1) == result::full);
  CHECK(box.push(promised, promised, 0) == result::accepted);
  CHECK(numbers(box) == std::vector{1, 2, 3, 5});
  CHECK(push(box, {0, 6}) == result::accepted);
}

TEST_CASE("an unbounded inbox takes more messages than it counts") {
  inbox box;
  for (int i = 0; i < 100'000; ++i) push(box, {0, i});
  CHECK(numbers(box).size() == 100'000);
}

TEST_CASE("a reader that blocks misses neither a normal nor an urgent message", "[concurrent]") {
  constexpr int each = 50'000;
  inbox box;
  std::atomic<int> wakes = 0; // pushes that found the reader asleep, minus its wake-ups
  std::jthread urgent([&] {
    for (int i = 0; i < each; ++i) {
      auto* sealed = seal(numbered{1, i}).release();
      if (box.push_urgent(sealed, sealed) == result::unblocked) ++wakes, wakes.notify_one();
    }
  });
  std::jthread normal([&] {
    for (int i = 0; i < each; ++i)
      if (push(box, {0, i}) == result::unblocked) ++wakes, wakes.notify_one();
  });
  std::array<int, 2> expected{};
  bool asleep = true; // it begins blocked
  while (expected[0] + expected[1] < 2 * each) {
    if (asleep) {
      wakes.wait(0);
      --wakes;
      REQUIRE(wakes == 0);
    }
    while (const auto next = box.pop()) {
      const auto& message = *next->as<numbered>();
      REQUIRE(message.number == expected[message.sender]++);
    }
    asleep = box.try_block();
  }
}

namespace {

/// Pushes, and drops the oldest even numbers while there is no room.
result push_dropping(inbox& to, numbered message, std::size_t& dropped) {
  auto* sealed = seal(message).release();
  const auto even = [&](envelope& each) {
    const bool goes = each.as<numbered>()->number % 2 == 0;
    dropped += goes;
    return goes;
  };
  auto how = to.push(sealed, sealed);
  while (how == result::full && to.make_room(even)) how = to.push(sealed, sealed);
  if (how == result::full || how == result::closed) envelope_ptr{sealed};
  return how;
}

} // namespace

TEST_CASE("an inbox that drops its oldest takes every new message, and keeps as many as it may") {
  inbox box;
  box.limit_dropping(3);
  std::size_t dropped = 0;
  for (int i = 2; i <= 20; i += 2) CHECK(push_dropping(box, {0, i}, dropped) != result::full);
  CHECK(box.waiting() == 3);
  CHECK(dropped == 7);
  CHECK(numbers(box) == std::vector{16, 18, 20});
  CHECK(box.waiting() == 0);
}

TEST_CASE("of a large inbox the oldest eighth makes room") {
  inbox box;
  box.limit_dropping(80);
  std::size_t dropped = 0;
  for (int i = 1; i <= 81; ++i) push_dropping(box, {0, 2 * i}, dropped);
  CHECK(dropped == 10);
  CHECK(box.waiting() == 71);
  CHECK(numbers(box).front() == 22);
}

TEST_CASE("what may not be dropped stays in its place, and fills an inbox in the end") {
  inbox box;
  box.limit_dropping(3);
  std::size_t dropped = 0;
  for (const int i : {1, 2, 3, 5}) CHECK(push_dropping(box, {0, i}, dropped) != result::full);
  CHECK(dropped == 1);
  CHECK(push_dropping(box, {0, 7}, dropped) == result::full);
  CHECK(push_dropping(box, {0, 9}, dropped) != result::full); // the eighth more
  for (const int i : {11, 13}) CHECK(push_dropping(box, {0, i}, dropped) == result::full);
  CHECK(numbers(box) == std::vector{1, 3, 5, 9});
  CHECK(push_dropping(box, {0, 15}, dropped) != result::full);
}

TEST_CASE("a sweep takes messages out and leaves the order of the others") {
  inbox box;
  std::size_t dropped = 0;
  if (GENERATE(false, true)) box.limit_dropping(16);
  for (int i = 1; i <= 6; ++i) push_dropping(box, {0, i}, dropped);
  CHECK(box.pop()->as<numbered>()->number == 1);
  box.sweep([](envelope& each) { return each.as<numbered>()->number % 2 == 0; });
  push(box, {0, 7});
  CHECK(numbers(box) == std::vector{3, 5, 7});
}

TEST_CASE("a shut inbox is full for all that is counted") {
  inbox box;
  box.limit(3);
  box.shut(true);
  CHECK(box.is_shut());
  auto* sealed = seal(numbered{0, 1}).release();
  CHECK(box.push(sealed, sealed) == result::full);
  CHECK(box.push_within_limit(sealed, sealed) == result::unblocked);
  box.shut(false);
  CHECK(push(box, {0, 2}) == result::accepted);
  CHECK(numbers(box) == std::vector{1, 2});
}

TEST_CASE("many senders to an inbox that drops its oldest: what is read keeps each one's order, the rest is "
          "counted",
          "[concurrent]") {
  constexpr int senders = 3, each_sends = 20'000;
  inbox box;
  box.limit_dropping(64);
  std::atomic<std::size_t> dropped{0};
  std::atomic<bool> awake{false};
  std::atomic<int> sending{senders};
  std::size_t read = 0;
  std::vector<int> last(senders, -2);
  bool in_order = true;
  {
    std::vector<std::jthread> threads;
    for (int s = 0; s < senders; ++s)
      threads.emplace_back([&, s] {
        std::size_t mine = 0;
        for (int i = 0; i < each_sends; ++i)
          if (push_dropping(box, {s, 2 * i}, mine) == result::unblocked) awake = true;
        dropped += mine;
        --sending;
      });
    while (true) {
      const bool done = sending == 0;
      if (!awake) {
        if (done) break; // whoever had pushed would have woken the reader
        std::this_thread::yield();
        continue;
      }
      const auto next = box.pop();
      if (!next) {
        awake = false;
        if (!box.try_block()) awake = true;
        continue;
      }
      const auto& what = *next->as<numbered>();
      in_order = in_order && what.number > last[what.sender];
      last[what.sender] = what.number;
      ++read;
    }
  }
  CHECK(in_order);
  CHECK(read + dropped == static_cast<std::size_t>(senders) * each_sends);
}
