#include "vesta/runtime/input_log.hpp"

#include <catch2/catch.hpp>

#include <string>

#include "support/counter.hpp"

using namespace vesta;
using namespace vesta::test;

namespace {

struct told {
  std::string text;
};
VESTA_MESSAGE(told);
struct alignas(16) wide {
  std::int64_t values[12] = {};
};
VESTA_LOCAL_MESSAGE(wide);

/// The handlers of some look at the clock.
platform::nanoseconds time_of(std::uint64_t number) {
  return number % 5 == 0 ? 0 : static_cast<platform::nanoseconds>(number) * 10;
}

template <class Message>
void add_to(input_log& log, Message what, std::uint64_t number) {
  auto made = seal(std::move(what));
  log.add(made, number, time_of(number));
}

} // namespace

TEST_CASE("inputs come back whole and in order, with their numbers and times, plain bytes or not") {
  input_log log;
  for (int round = 0; round < 3; ++round) {
    constexpr std::uint64_t count = 1000;
    for (std::uint64_t i = 1; i <= count; ++i) {
      if (i % 3 == 0)
        add_to(log, told{std::string(i % 40, 'x') + std::to_string(i)}, i);
      else if (i % 3 == 1)
        add_to(log, add{static_cast<int>(i)}, i);
      else
        add_to(log, wide{{static_cast<std::int64_t>(i), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}}, i);
    }
    CHECK(log.size() == count);
    for (int times = 0; times < 2; ++times) {
      std::uint64_t seen = 0;
      bool all_right = true;
      log.replay([&](envelope& again) {
        const auto i = ++seen;
        all_right &= again.number == i && again.at_ns == time_of(i);
        const auto* text = again.as<told>();
        const auto* sum = again.as<add>();
        const auto* large = again.as<wide>();
        all_right &= i % 3 != 0 || (text && text->text == std::string(i % 40, 'x') + std::to_string(i));
        all_right &= i % 3 != 1 || (sum && sum->amount == static_cast<int>(i));
        all_right &= i % 3 != 2 ||
                     (large && large->values[0] == static_cast<std::int64_t>(i) && large->values[11] == 7);
      });
      CHECK(seen == count);
      CHECK(all_right);
    }
    log.clear();
    CHECK(log.empty());
    log.replay([](envelope&) { FAIL("there is nothing in it"); });
  }
}
