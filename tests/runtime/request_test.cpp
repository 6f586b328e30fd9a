#include "vesta/runtime/request.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "support/quiet_log.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/node.hpp"
#include <caf/typed_event_based_actor.hpp>

using namespace vesta;
using namespace std::chrono_literals;

namespace {

struct price_request {
  std::int64_t article = 0;
};
VESTA_MESSAGE(price_request);
struct price {
  std::int64_t cents = 0;
};
VESTA_MESSAGE(price);
using shop_actor = caf::typed_actor<caf::replies_to<price_request>::with<price>>;

/// Asks for the prices of `count` articles from `article` on.
struct buy {
  std::int64_t article = 0, count = 1, failures = 0;
};
VESTA_MESSAGE(buy);
/// Fails until it was tried that often.
struct stumble {
  std::int64_t failures = 0;
};
VESTA_MESSAGE(stumble);
using buyer_actor = caf::typed_actor<caf::reacts_to<buy>, caf::reacts_to<stumble>>;

/// What the test's actors share; they all run on its thread.
struct market {
  std::vector<std::string> heard;
  int asked = 0, tries = 0;
  bool closed = false;
  caf::strong_actor_ptr elsewhere; ///< a shop in place of the node's
};

class shop {
public:
  using interface = shop_actor;
  explicit shop(context& self) : market_(self.use<market>()) {}
  price on(const price_request& about) {
    ++market_.asked;
    if (market_.closed || about.article < 0) throw std::runtime_error("closed");
    return {about.article * 100};
  }

private:
  market& market_;
};

struct buyer_state {
  std::int64_t spent = 0, answers = 0;
  std::set<std::uint64_t> open;
};
VESTA_MESSAGE(buyer_state);

class buyer {
public:
  using interface = buyer_actor;
  using own = own_messages<answer<price>>;
  explicit buyer(context& self)
      : self_(self), market_(self.use<market>()), shop_(self.peer<shop_actor>("shop")) {}

  void on(const buy& what) {
    const auto from = market_.elsewhere ? caf::actor_cast<shop_actor>(market_.elsewhere) : shop_;
    for (int i = 0; i < what.count; ++i)
      state.open.insert(self_.ask(from, price_request{what.article + i}, 50ms));
    if (market_.tries++ < what.failures) throw std::runtime_error("stumbled");
  }
  void on(const stumble& what) {
    if (market_.tries++ < what.failures) throw std::runtime_error("stumbled");
  }
  void on(const answer<price>& what) {
    ++state.answers;
    state.spent += what.value.cents;
    const bool known = state.open.erase(what.request) == 1;
    market_.heard.push_back(fmt::format("{}{} {}", known ? "" : "unknown: ",
                                        what.code == error_code::none ? "none" : describe(what.code).name,
                                        state.spent));
  }
  buyer_state state;

private:
  context& self_;
  market& market_;
  const shop_actor shop_;
};

/// Asks as soon as it is there; its second start fails after that.
class early_buyer {
public:
  using interface = buyer_actor;
  using own = own_messages<answer<price>>;
  explicit early_buyer(context& self) : market_(self.use<market>()) {
    self.ask(self.peer<shop_actor>("shop"), price_request{1}, 50ms);
    if (market_.tries++ == 1) throw std::runtime_error("stumbled");
  }
  void on(const buy&) {}
  void on(const stumble&) {}
  void on(const answer<price>& what) { market_.heard.push_back(fmt::format("{}", what.value.cents)); }
  buyer_state state;

private:
  market& market_;
};

/// A shop that is any CAF actor.
class caf_shop : public shop_actor::base {
public:
  using shop_actor::base::base;
  behavior_type make_behavior() override {
    return {[](const price_request& about) -> caf::result<price> {
      if (about.article < 0) return caf::make_error(caf::sec::runtime_error);
      return price{about.article};
    }};
  }
};

struct fair {
  market stalls;
  test::quiet_log quiet;
  node actors;
  buyer_actor buyer_address;

  explicit fair(actor_spec of_shop = {}, actor_spec of_buyer = {})
      : actors({.hosted = true}, tree(std::move(of_shop), std::move(of_buyer)), lent()),
        buyer_address(actors.find<buyer_actor>("buyer")) {
    actors.start();
    run(0ms);
  }
  ~fair() { stalls.elsewhere = nullptr; }
  static supervisor_spec tree(actor_spec of_shop, actor_spec of_buyer) {
    of_shop.name = "shop";
    of_buyer.name = "buyer";
    return {.name = "root",
            .actors = {spec_of<shop>(std::move(of_shop)), spec_of<buyer>(std::move(of_buyer))}};
  }
  services lent() {
    services all;
    all.lend(stalls);
    return all;
  }
  void run(std::chrono::nanoseconds later) {
    actors.tick({.budget = 0, .advance = later.count()});
    while (actors.tick({.budget = 1'000'000'000, .advance = 0}).turns > 0) {
    }
  }
  template <class Message>
  std::vector<std::string> after(Message message, std::chrono::nanoseconds later = 0ms) {
    tell(buyer_address, message);
    run(0ms);
    run(later);
    return std::exchange(stalls.heard, {});
  }
};
using text_lines = std::vector<std::string>;

} // namespace

TEST_CASE("a question is answered once, by a message that carries its number") {
  fair run;
  CHECK(run.after(buy{.article = 3}) == text_lines{"none 300"});
  CHECK(run.after(buy{.article = 1, .count = 3}) == text_lines{"none 400", "none 600", "none 900"});
  run.run(1h);
  CHECK(run.stalls.heard.empty());
}

TEST_CASE(
    "a question that nobody answers in time is answered by its deadline, and a late answer is dropped") {
  fair run{{.chain = {{remedy::retry, 3, 200ms}}, .repeatable = true}};
  run.stalls.closed = true;
  CHECK(run.after(buy{.article = 1}, 49ms).empty());
  run.run(3ms);
  CHECK(run.stalls.heard == text_lines{"request_timed_out 0"});
  run.stalls.closed = false;
  run.run(10s);
  CHECK(run.stalls.asked > 1);
  CHECK(run.stalls.heard.size() == 1);
}

TEST_CASE("who asks an actor that cannot answer hears at once what became of the question") {
  SECTION("the question is poison") {
    fair run{{.chain = {{remedy::set_aside}}}};
    CHECK(run.after(buy{.article = -1}) == text_lines{"message_set_aside 0"});
  }
  SECTION("the actor is isolated") {
    fair run{{.chain = {{remedy::isolate}}}};
    CHECK(run.after(buy{.article = -1, .count = 2}) == text_lines{"message_set_aside 0", "actor_isolated 0"});
  }
  SECTION("the actor is stopped") {
    fair run;
    tell(caf::actor_cast<caf::actor>(run.actors.find<shop_actor>("shop")), stop_actor{});
    CHECK(run.after(buy{.article = 1}) == text_lines{"actor_stopped 0"});
  }
  SECTION("the actor's inbox is full") {
    fair run{{.inbox_limit = 2}};
    CHECK(run.after(buy{.article = 1, .count = 3}) == text_lines{"mailbox_full 0", "none 100", "none 300"});
  }
}

TEST_CASE("a handler that fails after it has asked has asked nothing") {
  fair run{{}, {.chain = {{remedy::rollback, 3}}}};
  CHECK(run.after(buy{.article = 2, .failures = 2}) == text_lines{"none 200"});
  CHECK(run.stalls.asked == 1);
}

TEST_CASE("a rollback runs questions and answers again without asking again") {
  fair run{{}, {.chain = {{remedy::rollback, 3}}, .checkpoint_every = 100}};
  run.after(buy{.article = 1, .count = 3});
  run.stalls.tries = 0;
  run.after(stumble{.failures = 1});
  CHECK(run.stalls.asked == 3);
  CHECK(run.after(buy{.article = 4}) == text_lines{"none 1000"}); // 1 to 4: nothing forgotten, nothing twice
}

TEST_CASE("an answer still reaches the state that asked when its incarnation is gone") {
  fair run{{.chain = {{remedy::retry, 3, 20ms}}, .repeatable = true}};
  run.stalls.closed = true;
  run.after(buy{.article = 5});
  run.actors.kill("buyer", "a test");
  run.stalls.closed = false;
  run.run(40ms);
  CHECK(run.stalls.heard == text_lines{"none 500"});
}

namespace {

struct remind {};
VESTA_MESSAGE(remind);
using dreamer_actor = caf::typed_actor<caf::reacts_to<buy>>;

/// Keeps no state: what it waits for in one life is nothing to the next.
class dreamer {
public:
  using interface = dreamer_actor;
  using own = own_messages<answer<price>, remind>;
  explicit dreamer(context& self) : self_(self), market_(self.use<market>()) {}
  void on(const buy& what) {
    if (what.article < 0) throw std::runtime_error("it begins anew");
    self_.ask(self_.peer<shop_actor>("shop"), price_request{what.article}, 10s);
    self_.after(1ms, remind{});
  }
  void on(const answer<price>&) { market_.heard.emplace_back("an answer"); }
  void on(const remind&) { market_.heard.emplace_back("a timer"); }

private:
  context& self_;
  market& market_;
};

} // namespace

TEST_CASE("answers and timers that wait for a state that is gone are dropped") {
  market stalls;
  const test::quiet_log quiet;
  services lent;
  lent.lend(stalls);
  node actors({.hosted = true},
              {.name = "root",
               .intensity = {100},
               .actors = {spec_of<shop>({.name = "shop"}),
                          spec_of<dreamer>({.name = "dreamer",
                                            .chain = {{remedy::restart, 1, 20ms}, {remedy::set_aside}}})}},
              lent);
  actors.start();
  const auto run = [&](std::chrono::nanoseconds time) {
    for (int i = 0; i < 5; ++i) actors.tick({.budget = 50'000'000, .advance = time.count() / 5});
  };
  const auto to = actors.find<dreamer_actor>("dreamer");
  actors.send(to, buy{.article = 1});
  run(5ms);
  CHECK(stalls.heard == text_lines{"an answer", "a timer"});
  stalls.heard.clear();
  actors.send(to, buy{.article = 1});
  actors.send(to, buy{.article = -1});
  run(100ms);
  CHECK(stalls.asked == 2);
  CHECK(stalls.heard.empty());
}

TEST_CASE("what the first incarnation asked at its start is answered, though a later start fails") {
  const test::quiet_log quiet;
  market stalls{.closed = true};
  services lent;
  lent.lend(stalls);
  node actors(
      {.simulated = true},
      {.name = "root",
       .actors = {spec_of<shop>({.name = "shop", .chain = {{remedy::retry, 3, 20ms}}, .repeatable = true}),
                  spec_of<early_buyer>({.name = "buyer"})}},
      lent);
  actors.start();
  actors.run({});
  actors.kill("buyer", "a test");
  actors.run({});
  CHECK(stalls.tries == 3);
  stalls.closed = false;
  actors.run({.time = 1'000'000'000});
  CHECK(stalls.heard == text_lines{"100"});
}

TEST_CASE("any CAF actor can be asked, and its error or its end is an answer") {
  fair run;
  const auto other = run.actors.system().spawn<caf_shop>();
  run.stalls.elsewhere = caf::actor_cast<caf::strong_actor_ptr>(other);
  CHECK(run.after(buy{.article = 7}) == text_lines{"none 7"});
  CHECK(run.after(buy{.article = -7}) == text_lines{"actor_stopped 7"});
  caf::anon_send_exit(other, caf::exit_reason::kill);
  CHECK(run.after(buy{.article = 7}) == text_lines{"actor_stopped 7"});
}

TEST_CASE("a hundred thousand questions may be open, and each ends at its deadline") {
  fair run{{.chain = {{remedy::retry, 3, 10s}}, .repeatable = true, .inbox_limit = 200'000},
           {.checkpoint_every = 1'000'000}};
  run.stalls.closed = true;
  CHECK(run.after(buy{.article = 1, .count = 100'000}).empty());
  run.run(52ms);
  CHECK(run.stalls.heard.size() == 100'000);
  CHECK(run.stalls.heard.back() == "request_timed_out 0");
}
