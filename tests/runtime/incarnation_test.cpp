#include "vesta/runtime/incarnation.hpp"

#include "support/counter.hpp"

using namespace vesta;
using namespace vesta::test;

namespace {

struct ticked {};
VESTA_MESSAGE(ticked);

/// Needs no context.
class clerk {
public:
  using interface = counter_actor;
  using own = own_messages<ticked>;
  explicit clerk(context&) {}

  void on(const add& m) { state.total += m.amount; }
  void on(const add_after&) { throw std::runtime_error("not today"); }
  sum on(const sum_request&) { return {state.total, 1}; }
  void on(const ticked&) { state.total += 1000; }

  counter_state state;
};

/// A context that nothing may use.
class no_context final : public context {
public:
  platform::nanoseconds now() const override { return 0; }
  platform::random_stream random(std::string_view purpose) const override { return {0, "", purpose}; }
  const std::string& actor_name() const override { return name_; }
  std::uint64_t incarnation() const override { return 1; }
  void flush() override {}
  void checkpoint() override {}
  void quit() override {}
  supervisor_actor supervisor(std::string_view) const override { return {}; }
  const services& lent() const override { return lent_; }

private:
  caf::strong_actor_ptr address() const override { return {}; }
  void post(caf::actor_control_block*, envelope_ptr, priority) override {}
  std::uint64_t open_request(caf::actor_control_block*, platform::nanoseconds,
                             detail::answer_maker) override {
    return 0;
  }
  std::uint64_t open_call(std::string_view, detail::repeatable_question) override { return 0; }
  void post_later(platform::nanoseconds, caf::message) override {}
  caf::strong_actor_ptr find(std::string_view, std::type_index) const override { return {}; }

  const std::string name_ = "clerk";
  const services lent_;
};

/// Its size is no multiple of a word's.
struct weights {
  std::int32_t sum = 0, last = 0, spare = 0;
};
static_assert(sizeof(weights) == 12);

class scale {
public:
  using interface = caf::typed_actor<caf::reacts_to<add>>;
  explicit scale(context&) {}
  void on(const add& what) {
    state.sum += what.amount;
    state.last = what.amount;
    if (what.amount < 0) throw std::runtime_error("lighter than nothing");
  }
  weights state;
};

struct one_life {
  no_context self;
  incarnation_of<clerk> life{self};

  template <class Message>
  bool handle(Message m, caf::message& reply) {
    return life.handle(*seal(std::move(m)), &reply, nullptr);
  }
  std::int64_t total() {
    caf::message reply;
    REQUIRE(handle(sum_request{}, reply));
    return reply.get_as<sum>(0).value;
  }
};

std::vector<char> saved(incarnation& life) {
  std::vector<char> bytes;
  life.save(bytes);
  return bytes;
}

} // namespace

TEST_CASE("an incarnation runs the handler of each message of its interface and of its own") {
  one_life run;
  caf::message reply;
  CHECK(run.handle(add{5}, reply));
  CHECK(reply.empty());
  CHECK(run.handle(ticked{}, reply));
  CHECK(run.total() == 1005);
}

TEST_CASE("an incarnation says that it has no handler for anything else") {
  one_life run;
  caf::message reply;
  CHECK_FALSE(run.handle(added{5}, reply));
  CHECK_FALSE(run.handle(std::string("add"), reply));
  CHECK(run.total() == 0);
}

TEST_CASE("what a handler throws passes through") {
  one_life run;
  caf::message reply;
  CHECK_THROWS_WITH(run.handle(add_after{}, reply), "not today");
}

TEST_CASE("a plain state is copied when its handler has returned, and not when it throws") {
  no_context self;
  incarnation_of<scale> life{self};
  REQUIRE(life.keeps_plain_state());
  weights after;
  auto* bytes = reinterpret_cast<char*>(&after);
  life.handle(*seal(add{5}), nullptr, bytes);
  CHECK((after.sum == 5 && after.last == 5));
  CHECK_THROWS(life.handle(*seal(add{-1}), nullptr, bytes));
  CHECK((after.sum == 5 && after.last == 5));
}

TEST_CASE("a saved state is loaded by the next incarnation") {
  one_life first, second;
  caf::message reply;
  first.handle(add{7}, reply);
  REQUIRE(second.life.keeps_state());
  second.life.load(saved(first.life));
  CHECK(second.total() == 7);
}

TEST_CASE("a torn checkpoint is refused and changes nothing") {
  one_life run;
  caf::message reply;
  run.handle(add{7}, reply);
  auto bytes = saved(run.life);
  bytes.resize(bytes.size() / 2);
  CHECK_THROWS_AS(run.life.load(bytes), std::runtime_error);
  CHECK(run.total() == 7);
}

TEST_CASE("an actor without a public state keeps none") {
  no_context self;
  attempts tries;
  incarnation_of<forgetful_counter> life{self};
  CHECK_FALSE(life.keeps_state());
  CHECK(saved(life).empty());
}
