#include "vesta/runtime/dead_letters.hpp"

#include "support/counter.hpp"
#include "support/test_node.hpp"

using namespace vesta;
using namespace vesta::test;

namespace {

struct riddle {
  int number = 0;
};
VESTA_MESSAGE(riddle);
struct hint {
  int number = 0;
};
VESTA_LOCAL_MESSAGE(hint);
using sphinx_actor = caf::typed_actor<caf::replies_to<riddle>::with<sum>, caf::reacts_to<hint>>;

/// What a sphinx has heard, and how often it fails before; lent by a test.
struct riddles {
  std::atomic<int> failures{0};
  std::atomic<int> solved{0};
};

class sphinx {
public:
  using interface = sphinx_actor;
  explicit sphinx(context& self) : known_(self.use<riddles>()) {}
  sum on(const riddle& m) { return solve(m.number), sum{m.number, 0}; }
  void on(const hint& m) { solve(m.number); }

private:
  void solve(int number) {
    if (known_.failures-- > 0) throw std::runtime_error("too hard");
    known_.solved += number;
  }
  riddles& known_;
};

struct desert {
  attempts tries;
  riddles known;
  test_node node;

  explicit desert(actor_spec spec)
      : node({std::move(spec), spec_of<listener>({.name = "listener"})}, {0}, lent()) {}
  services lent() {
    services all;
    all.lend(tries);
    all.lend(known);
    return all;
  }
  dead_letters& letters() { return node->dead_letters(); }
  std::vector<dead_letter> wait_for_letters(std::size_t count) {
    while (letters().size() < count) std::this_thread::yield();
    return letters().list();
  }
  std::int64_t total() {
    return node.ask<sum>(node.find<counter_actor>("counter"), sum_request{}).value().value;
  }
};

actor_spec counter_with(std::vector<chain_step> chain) {
  return spec_of<counter>({.name = "counter", .chain = std::move(chain)});
}

/// Its supervisor stops it when it fails.
actor_spec temporary_counter() {
  return spec_of<counter>({.name = "counter", .restart = restart_kind::temporary});
}

std::uint64_t add_numbered(dead_letters& to, int number) {
  return to.add({.actor = "nobody"}, seal(add{number}));
}

} // namespace

TEST_CASE("a message that is set aside becomes a dead letter that says what, whose and why", "[concurrent]") {
  desert run{counter_with({{remedy::rollback}, {remedy::set_aside}})};
  run.node.send(run.node.find<counter_actor>("counter"), add{1});
  run.node.send(run.node.find<counter_actor>("counter"), add{-5});
  REQUIRE(run.total() == 1);
  const auto letters = run.letters().list();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].id == 1);
  CHECK(letters[0].actor == "counter");
  CHECK(letters[0].message == "add");
  CHECK(letters[0].message_number == 2);
  CHECK(letters[0].code == error_code::handler_failed);
  CHECK(letters[0].text == "a negative amount");
  CHECK(content_text(letters[0]) == "(add(-5))");
}

TEST_CASE("a dead letter that is sent again takes effect once", "[concurrent]") {
  desert run{counter_with({{remedy::rollback}, {remedy::set_aside}})};
  run.node.send(run.node.find<counter_actor>("counter"), add_after{.amount = 7, .failures = 2});
  REQUIRE(run.total() == 0);
  REQUIRE(run.letters().replay(1));
  CHECK(run.total() == 7);
  CHECK_FALSE(run.letters().replay(1));
  CHECK(run.letters().size() == 0);
}

TEST_CASE("a message that fails again when it is sent again is a new dead letter", "[concurrent]") {
  desert run{counter_with({{remedy::set_aside}})};
  run.node.send(run.node.find<counter_actor>("counter"), add{-1});
  run.wait_for_letters(1);
  REQUIRE(run.letters().replay(1));
  CHECK(run.wait_for_letters(1)[0].id == 2);
}

TEST_CASE("a dead letter that is discarded is gone", "[concurrent]") {
  desert run{counter_with({{remedy::set_aside}})};
  run.node.send(run.node.find<counter_actor>("counter"), add{-1});
  run.wait_for_letters(1);
  CHECK(run.letters().discard(1));
  CHECK_FALSE(run.letters().discard(1));
  CHECK_FALSE(run.letters().replay(1));
}

TEST_CASE("the message in hand of an actor that is isolated or stopped is a dead letter", "[concurrent]") {
  const bool isolated = GENERATE(true, false);
  desert run{isolated ? counter_with({{remedy::isolate}}) : temporary_counter()};
  run.node.send(run.node.find<counter_actor>("counter"), add{-3});
  const auto letters = run.wait_for_letters(1);
  CHECK(content_text(letters[0]) == "(add(-3))");
  CHECK(letters[0].code == error_code::handler_failed);
}

TEST_CASE("what a stopped actor refuses is no dead letter", "[concurrent]") {
  desert run{temporary_counter()};
  const auto to = run.node.find<counter_actor>("counter");
  run.node.send(to, add{-3});
  run.wait_for_letters(1);
  run.node.send(to, add{4});
  CHECK_FALSE(run.node.ask<sum>(to, sum_request{}));
  CHECK(run.node.error == error_code::actor_stopped);
  CHECK(run.letters().size() == 1);
}

TEST_CASE("a question is answered with the error, and nobody when it is sent again", "[concurrent]") {
  desert run{spec_of<sphinx>({.name = "sphinx", .chain = {{remedy::set_aside}}})};
  const auto to = run.node.find<sphinx_actor>("sphinx");
  run.known.failures = 1;
  CHECK_FALSE(run.node.ask<sum>(to, riddle{20}));
  CHECK(run.node.error == error_code::message_set_aside);
  CHECK(run.wait_for_letters(1)[0].message == "riddle");
  REQUIRE(run.letters().replay(1));
  CHECK(run.node.ask<sum>(to, riddle{1}).value().value == 1);
  CHECK(run.known.solved == 21);
}

TEST_CASE("a message that CAF never sees is kept and sent again as well", "[concurrent]") {
  desert run{spec_of<sphinx>({.name = "sphinx", .chain = {{remedy::set_aside}}})};
  const auto to = run.node.find<sphinx_actor>("sphinx");
  run.known.failures = 1;
  run.node.send(to, hint{20});
  const auto letters = run.wait_for_letters(1);
  CHECK(letters[0].content.empty());
  CHECK(content_text(letters[0]) == "hint");
  REQUIRE(run.letters().replay(1));
  CHECK(run.node.ask<sum>(to, riddle{1}).value().value == 1);
  CHECK(run.known.solved == 21);
}

TEST_CASE("the store is bounded: the oldest letter goes first, and is counted") {
  const directory nobody;
  dead_letters letters{nobody, 2};
  for (int i = 1; i <= 5; ++i) CHECK(add_numbered(letters, i) == static_cast<std::uint64_t>(i));
  CHECK(letters.size() == 2);
  CHECK(letters.lost() == 3);
  CHECK(letters.list()[0].id == 4);
  CHECK(letters.list()[1].id == 5);
}

TEST_CASE("a store for no letters counts them all as lost") {
  const directory nobody;
  dead_letters letters{nobody, 0};
  add_numbered(letters, 1);
  CHECK(letters.size() == 0);
  CHECK(letters.lost() == 1);
}

TEST_CASE("threads that add and take dead letters lose none", "[concurrent]") {
  const directory nobody;
  dead_letters letters{nobody, 100'000};
  std::atomic<int> taken{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 500; ++i) {
          const auto id = add_numbered(letters, i);
          if (i % 2 == 0) taken += letters.discard(id);
        }
      });
  }
  CHECK(taken == 4 * 250);
  CHECK(letters.size() == 4 * 250);
}
