#include "vesta/runtime/envelope.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <thread>

#include "vesta/messages/prelude.hpp"

using namespace vesta;

namespace {

struct note {
  std::string text;
};
VESTA_MESSAGE(note);

/// Larger than an envelope's room.
struct poster {
  std::string title;
  std::vector<int> dates;
  std::string head, body, foot;
};
VESTA_MESSAGE(poster);
static_assert(sizeof(poster) > envelope::room);

constexpr auto* long_text = "longer than what a string keeps inside itself";

} // namespace

TEST_CASE("an envelope gives back the message that was sealed in it, and no other type") {
  const auto sealed = seal(note{long_text});
  REQUIRE(sealed->as<note>());
  CHECK(sealed->as<note>()->text == long_text);
  CHECK_FALSE(sealed->as<poster>());
  CHECK(sealed->name() == "note");
  CHECK_FALSE(sealed->is_request());
}

TEST_CASE("a message that is larger than an envelope's room travels all the same") {
  const auto sealed = seal(poster{.title = long_text, .dates = {1, 2, 3}, .foot = long_text});
  REQUIRE(sealed->as<poster>());
  CHECK(sealed->as<poster>()->dates == std::vector{1, 2, 3});
  CHECK(sealed->as<poster>()->foot == long_text);
}

TEST_CASE("a message that came through CAF is found by its type, and says its name") {
  const auto sealed = seal(foreign_message{caf::make_message(note{long_text}), {}});
  REQUIRE(sealed->as<note>());
  CHECK(sealed->as<note>()->text == long_text);
  CHECK_FALSE(sealed->as<poster>());
  CHECK(sealed->name() == "note");
}

TEST_CASE("an opened envelope is a message of CAF") {
  const auto from_ours = open(seal(poster{.title = long_text}));
  CHECK(from_ours.get_as<poster>(0).title == long_text);
  const auto from_theirs = open(seal(foreign_message{caf::make_message(7), {}}));
  CHECK(from_theirs.get_as<int>(0) == 7);
}

TEST_CASE("a queue of envelopes keeps their order and drops what is left in it") {
  envelope_queue queue;
  CHECK_FALSE(queue.pop());
  for (const auto* text : {"one", "two", "three"}) queue.push(seal(note{text}));
  CHECK(queue.size() == 3);
  CHECK(queue.pop()->as<note>()->text == "one");
  queue.push(seal(note{"four"}));
  CHECK(queue.front()->as<note>()->text == "two");
  queue.clear();
  CHECK(queue.empty());
}

TEST_CASE("envelopes that one thread makes and another one drops are used again", "[concurrent]") {
  constexpr int count = 10'000;
  std::vector<envelope_ptr> made;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < count; ++i) made.push_back(seal(note{long_text}));
    std::thread([&] { made.clear(); }).join();
  }
  // What the last round dropped went back to the common reserve; the next thread's first one comes from
  // there.
  std::thread([&] {
    for (int i = 0; i < count; ++i) made.push_back(seal(note{long_text}));
  }).join();
  CHECK(made.back()->as<note>()->text == long_text);
}
