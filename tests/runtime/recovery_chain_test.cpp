#include <catch2/catch.hpp>

#include "vesta/runtime/recovery_chain.hpp"

using namespace vesta;
using namespace std::chrono_literals;

namespace {

failure on_message(std::uint64_t number) { return {.message_number = number}; }

std::vector<remedy> remedies(unsigned count, const failure& what, abilities able) {
  chain_position position;
  std::vector<remedy> chosen;
  for (unsigned i = 0; i < count; ++i)
    chosen.push_back(next_remedy(default_chain(), position, what, able, 0.5).action);
  return chosen;
}

} // namespace

TEST_CASE("the default chain goes from retry to isolate on one and the same message") {
  using enum remedy;
  CHECK(remedies(7, on_message(1), {true, true}) ==
        std::vector{retry, retry, retry, rollback, restart, isolate, isolate});
}

TEST_CASE("steps that cannot help are skipped") {
  using enum remedy;
  CHECK(remedies(3, on_message(1), {false, true}) == std::vector{rollback, restart, isolate});
  CHECK(remedies(2, on_message(1), {false, false}) == std::vector{restart, isolate});
}

TEST_CASE("a failure without a message in hand restarts, each time") {
  using enum remedy;
  CHECK(remedies(3, on_message(0), {true, true}) == std::vector{restart, restart, restart});
}

TEST_CASE("another message begins the chain again") {
  chain_position position;
  CHECK(next_remedy(default_chain(), position, on_message(1), {false, true}, 0).action == remedy::rollback);
  CHECK(next_remedy(default_chain(), position, on_message(1), {false, true}, 0).action == remedy::restart);
  CHECK(next_remedy(default_chain(), position, on_message(2), {false, true}, 0).action == remedy::rollback);
}

TEST_CASE("the pause doubles with each try and varies by a quarter") {
  const std::vector<chain_step> chain = {{remedy::retry, 12, 8ms}};
  chain_position position;
  const auto pause = [&](double chance) {
    return next_remedy(chain, position, on_message(1), {true, true}, chance).pause;
  };
  CHECK(pause(0.0) == 6ms);
  CHECK(pause(0.5) == 16ms);
  CHECK(pause(1.0) == 40ms);
  for (int i = 3; i < 11; ++i) pause(0.5);
  CHECK(pause(0.5) == 800ms); // a hundredfold at most
}

TEST_CASE("restarts within the period are counted as OTP counts them, both ends included") {
  restart_history history;
  const restart_intensity two_in_ten{.count = 2, .period = 10ns};
  CHECK(history.allow(two_in_ten, 0));
  CHECK(history.allow(two_in_ten, 5));
  CHECK_FALSE(history.allow(two_in_ten, 10)); // 0, 5 and 10 are all within [0, 10]
  CHECK_FALSE(history.allow(two_in_ten, 15)); // 5, 10, 15
  CHECK(history.allow(two_in_ten, 21));       // 15, 21
}

TEST_CASE("no restart is allowed at an intensity of zero") {
  restart_history history;
  CHECK_FALSE(history.allow({.count = 0, .period = 1s}, 0));
}
