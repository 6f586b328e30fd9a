#include "vesta/runtime/recent_decisions.hpp"

#include <catch2/catch.hpp>

using namespace vesta;

namespace {

failure failure_of_actor(const std::string& actor, std::int64_t at_ns) {
  return {.at_ns = at_ns, .actor = actor, .code = error_code::handler_failed, .text = "boom"};
}

} // namespace

TEST_CASE("an alert tells what was tried on its actor, the oldest first, and how much went wrong") {
  recent_decisions book;
  book.add(failure_of_actor("power", 1), remedy::rollback);
  book.add(failure_of_actor("fire", 2), remedy::restart);
  book.add(failure_of_actor("power", 3), remedy::restart);
  book.add(failure_of_actor("power", 4), remedy::escalate);
  const auto made = book.about({.cause = failure_of_actor("power", 4), .path = {"hmr", "root"}});
  CHECK(made.what.path == std::vector<std::string>{"hmr", "root"});
  CHECK(made.failures == 4);
  CHECK(made.restarts == 2);
  REQUIRE(made.tried.size() == 3);
  CHECK(made.tried[0].chosen == remedy::rollback);
  CHECK(made.tried[2].chosen == remedy::escalate);
  CHECK(made.tried[2].at_ns == 4);
}

TEST_CASE("an alert tells the last decisions, and others' failures push old ones out") {
  recent_decisions book;
  for (int i = 0; i < 20; ++i) book.add(failure_of_actor("power", i), remedy::restart);
  const auto last = book.about({.cause = failure_of_actor("power", 19)}).tried;
  REQUIRE(last.size() == recent_decisions::shown_max);
  CHECK(last.front().at_ns == 4);
  CHECK(last.back().at_ns == 19);
  for (std::size_t i = 0; i < recent_decisions::kept_max; ++i)
    book.add(failure_of_actor("fire", 20), remedy::restart);
  CHECK(book.about({.cause = failure_of_actor("power", 19)}).tried.empty());
}
