#include <catch2/catch.hpp>

#include "vesta/messages/prelude.hpp"

#include "vesta/messages/change.hpp"
#include "vesta/messages/frame.hpp"
#include "vesta/messages/report.hpp"

using namespace vesta;

namespace {

struct twelve_members {
  int a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9, j = 10, k = 11, l = 12;
};
VESTA_MESSAGE(twelve_members);

struct outer {
  twelve_members inner;
  std::vector<std::string> words;
  lifecycle at = lifecycle::discovered;
};
VESTA_MESSAGE(outer);

template <class Message>
Message through_bytes(Message before) {
  std::vector<char> bytes;
  caf::binary_serializer sink{nullptr, bytes};
  REQUIRE_FALSE(sink(before));
  Message after;
  caf::binary_deserializer source{nullptr, bytes};
  REQUIRE_FALSE(source(after));
  return after;
}

} // namespace

TEST_CASE("a message has as many fields as its struct has members") {
  CHECK(detail::field_count<open_game>() == 0);
  CHECK(detail::field_count<build_cancelled>() == 1);
  CHECK(detail::field_count<module_failed>() == 9);
  CHECK(detail::field_count<twelve_members>() == 12);
}

TEST_CASE("a message is printed with its name and its members in order") {
  CHECK(caf::deep_to_string(build_requested{3, "fire"}) == R"(build_requested(3, "fire"))");
  CHECK(caf::deep_to_string(twelve_members{}) == "twelve_members(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)");
}

TEST_CASE("a message survives being written and read, whatever it holds") {
  outer before{.words = {"one", ""}, .at = lifecycle::quarantined};
  before.inner.l = -12;
  const auto after = through_bytes(before);
  CHECK(after.inner.l == -12);
  CHECK(after.inner.a == 1);
  CHECK(after.words == before.words);
  CHECK(after.at == lifecycle::quarantined);
}

TEST_CASE("a report survives being written and read") {
  run_report before;
  before.frames.times.add(5'000'000);
  before.changes.push_back({.change = 4, .modules = {"fire"}, .verdict = verdict_on_change::rolled_back});
  before.last_totals.totals = {{"population", 1.5}};
  const auto after = through_bytes(before);
  CHECK(caf::deep_to_string(after) == caf::deep_to_string(before));
  CHECK(after.changes.at(0).verdict == verdict_on_change::rolled_back);
}

TEST_CASE("parameters keep their names and values in a message") {
  const auto after = through_bytes(set_parameters{2, {{"growth", 5.5}, {"tax_rate", 7}}});
  CHECK(after.values == std::map<std::string, double, std::less<>>{{"growth", 5.5}, {"tax_rate", 7}});
}

TEST_CASE("each verdict on a change has its name") {
  CHECK(to_string(verdict_on_change::live) == "live");
  CHECK(to_string(verdict_on_change::compile_error) == "compile_error");
  CHECK(to_string(verdict_on_change::refused) == "refused");
  CHECK(to_string(verdict_on_change::rolled_back) == "rolled_back");
  CHECK(to_string(verdict_on_change::superseded) == "superseded");
  CHECK(to_string(verdict_on_change::failed) == "failed");
}
