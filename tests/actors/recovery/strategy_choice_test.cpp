#include "vesta/actors/recovery/strategy_choice.hpp"

#include <catch2/catch.hpp>

using namespace vesta;

namespace {

strategy_info known_as(remedy by, harm costs) { return {.name = to_string(by), .costs = costs, .by = by}; }

const std::vector<strategy_info> eight = {
    known_as(remedy::retry, harm::none),     known_as(remedy::rollback, harm::none),
    known_as(remedy::fallback, harm::less),  known_as(remedy::scale_down, harm::less),
    known_as(remedy::degrade, harm::less),   known_as(remedy::restart, harm::begins_anew),
    known_as(remedy::isolate, harm::absent), known_as(remedy::escalate, harm::others)};

recovery_case case_of(category kind, std::initializer_list<remedy> able) {
  recovery_case made;
  made.cause.kind = kind;
  for (const auto each : able) made.able.add(each);
  return made;
}

std::vector<std::string> names(std::span<const strategy_info> known, const recovery_case& what) {
  std::vector<std::string> made;
  for (const auto each : by_rule(known, what)) made.push_back(known[each].name);
  return made;
}

using list = std::vector<std::string>;

const auto able_to_all = {remedy::retry,    remedy::rollback,   remedy::set_aside,
                          remedy::restart,  remedy::isolate,    remedy::escalate,
                          remedy::fallback, remedy::scale_down, remedy::degrade};

} // namespace

TEST_CASE("each kind of failure has its own order of strategies, and all end in restart, isolate, escalate") {
  CHECK(names(eight, case_of(category::io, able_to_all)) ==
        list{"retry", "fallback", "rollback", "degrade", "restart", "isolate", "escalate"});
  CHECK(names(eight, case_of(category::performance, able_to_all)) ==
        list{"scale_down", "degrade", "fallback", "restart", "isolate", "escalate"});
  CHECK(names(eight, case_of(category::runtime, able_to_all)).front() == "retry");
}

TEST_CASE("a strategy that cannot help the actor is no candidate") {
  CHECK(names(eight, case_of(category::performance, {remedy::restart, remedy::isolate, remedy::escalate})) ==
        list{"restart", "isolate", "escalate"});
  CHECK(names(eight, case_of(category::runtime, {remedy::set_aside, remedy::restart})).front() == "rollback");
}

TEST_CASE("a strategy of one's own comes before those that cost as much, for the failures that it names") {
  auto known = eight;
  known.push_back({"reconnect", harm::none, {category::network}});
  known.push_back({"reboot", harm::absent});
  CHECK(names(known, case_of(category::network, able_to_all)) == list{"reconnect", "retry", "fallback",
                                                                      "rollback", "degrade", "restart",
                                                                      "reboot", "isolate", "escalate"});
  const auto others = names(known, case_of(category::io, able_to_all));
  CHECK(std::ranges::count(others, "reconnect") == 0);
}

TEST_CASE("a failure that only says that a handler threw is classified by its code") {
  failure what{.code = error_code::request_timed_out, .kind = category::runtime};
  CHECK(classify(what) == category::performance);
  what.code = error_code::mailbox_full;
  CHECK(classify(what) == category::resource);
  what.code = error_code::build_io;
  CHECK(classify(what) == category::io);
  what.code = error_code::handler_failed;
  CHECK(classify(what) == category::runtime);
  what.kind = category::memory;
  CHECK(classify(what) == category::memory);
}

TEST_CASE("the rule decides until enough was seen, then what cured more often does") {
  const std::vector<std::size_t> candidates{0, 1, 5, 6};
  strategy_record learnt;
  CHECK(choose(eight, candidates, 0, category::io, learnt) == 0);
  learnt.of(category::io, 0) = {.tries = 100, .cures = 5, .took_ns = 5};
  learnt.of(category::io, 1) = {.tries = 100, .cures = 95, .took_ns = 95};
  CHECK(choose(eight, candidates, 0, category::io, learnt) == 1);
  CHECK(choose(eight, candidates, 0, category::runtime, learnt) == 0); // another kind
}

TEST_CASE("of two that cure alike the quicker one is chosen") {
  const std::vector<std::size_t> candidates{0, 1};
  strategy_record learnt;
  learnt.of(category::io, 0) = {.tries = 100, .cures = 90, .took_ns = 9000};
  learnt.of(category::io, 1) = {.tries = 100, .cures = 90, .took_ns = 900};
  CHECK(choose(eight, candidates, 0, category::io, learnt) == 1);
}

TEST_CASE("nothing that was measured makes the choice cost more than the rule's") {
  const std::vector<std::size_t> candidates{0, 5, 6};
  strategy_record learnt;
  learnt.of(category::io, 0) = {.tries = 1000};
  learnt.of(category::io, 5) = {.tries = 1000, .cures = 1000, .took_ns = 1};
  CHECK(choose(eight, candidates, 0, category::io, learnt) == 0);
  CHECK(choose(eight, candidates, 1U << 0, category::io, learnt) == 5); // it knows no more
}

TEST_CASE("where all have declined nothing is chosen") {
  const std::vector<std::size_t> candidates{0, 5};
  CHECK_FALSE(choose(eight, candidates, 1U << 0 | 1U << 5, category::io, {}).has_value());
}
