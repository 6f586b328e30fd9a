// The actor with a simulated webhook, on a hosted node: time passes when a test says so.

#include "support/captured_log.hpp"
#include "support/toy.hpp"
#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using text_lines = std::vector<std::string>;

namespace {

constexpr auto* secret_url = "https://hooks.example/secret";

/// Alerts with a webhook that does what the test says.
class watchtower {
public:
  /// What the webhook answers; 0: nothing, ever.
  std::function<int()> answers = [] { return 200; };
  text_lines bodies; ///< that the webhook was sent

  explicit watchtower(const std::string& url = secret_url) : node_({.hosted = true}, tree(), lent(url)) {
    node_.start();
    pass(0s);
  }

  template <class Message>
  void tell(Message message) {
    node_.send(node_.find<alerts_actor>("alerts"), std::move(message));
    pass(0s);
  }
  void raise(const std::string& actor) {
    tell(alert{.what = {.cause = {.actor = actor, .text = "boom"}, .path = {"hmr", "root"}}});
  }
  /// In steps of a tenth of a second.
  void pass(std::chrono::nanoseconds time) {
    run();
    for (auto left = time; left > 0s; left -= 100ms) {
      toy_.time.advance(std::chrono::nanoseconds(100ms).count());
      run(100ms);
    }
  }
  void kill() {
    node_.kill("alerts", "a test");
    run();
  }
  /// The actors whose alerts the webhook was sent, in order.
  text_lines sent() const {
    text_lines actors;
    for (const auto& body : bodies) {
      const auto at = body.find("could not cure ") + 15;
      actors.push_back(body.substr(at, body.find(':', at) - at));
    }
    return actors;
  }
  host_log& host() { return toy_.host; }
  /// All that was logged, once `word` is in it.
  std::string log(const std::string& word) { return log_.wait_for(word); }

private:
  static supervisor_spec tree() {
    supervisor_spec root{.name = "root"};
    root.actors.push_back(alerts_spec());
    return root;
  }
  services lent(const std::string& url) {
    toy_.about.alert_webhook = url;
    toy_.web.serve([this](const platform::http_post& what) -> platform::simulated_answer {
      CHECK(what.url == secret_url);
      bodies.push_back(what.body);
      const int status = answers();
      return {.answer = {.status = status}, .takes_ns = status == 0 ? 1'000'000'000'000 : 0};
    });
    return toy_.lent();
  }
  void run(std::chrono::nanoseconds advance = 0ns) {
    auto step = advance.count();
    while (node_.tick({.budget = 1'000'000'000, .advance = std::exchange(step, 0)}).turns > 0 ||
           toy_.web.deliver() > 0) {
    }
  }

  captured_log log_;
  toy_session toy_;
  node node_;
};

/// These, one after the other, and then the last one for ever.
auto in_turn(std::vector<int> all) {
  return [all = std::move(all), next = std::size_t{0}]() mutable {
    return all[std::min(next++, all.size() - 1)];
  };
}

} // namespace

TEST_CASE("an alert goes to the log and, as JSON, to the webhook, whose secret the log does not show") {
  watchtower play;
  play.tell(lifecycle_moved{"beta", 3, lifecycle::staged, lifecycle::probation, "a test"});
  play.raise("versioning");
  REQUIRE(play.bodies.size() == 1);
  CHECK_THAT(play.bodies[0], Contains(R"("folder": "/toy")") && Contains(R"("version": 3)"));
  const auto log = play.log("has taken");
  CHECK_THAT(log,
             Contains("ALERT") && Contains("hmr and root could not cure versioning: boom") &&
                 Contains("beta 3 probation") &&
                 Contains("the webhook at https://hooks.example/... has taken the alert about versioning") &&
                 !Contains("secret"));
}

TEST_CASE("without a webhook an alert goes to the log alone") {
  watchtower play("");
  play.raise("versioning");
  CHECK_THAT(play.log("ALERT"), Contains("could not cure versioning") && !Contains("webhook"));
  CHECK(play.bodies.empty());
}

TEST_CASE("a webhook that may come back is tried again, each time after a longer pause") {
  watchtower play;
  play.answers = in_turn({500, 429, 408, 503, 200});
  play.raise("versioning");
  CHECK(play.bodies.size() == 1);
  play.pass(1s);
  CHECK(play.bodies.size() == 2);
  play.pass(1s + 2s + 4s + 8s);
  CHECK(play.bodies.size() == 5);
  play.pass(10min);
  CHECK(play.bodies.size() == 5);
  CHECK_THAT(play.log("has taken"),
             Contains("answers with status 500: the alert about versioning is sent again") &&
                 Contains("at try 5"));
}

TEST_CASE("after ten tries a webhook that never takes it is given up, and the next alert has its own") {
  watchtower play;
  play.answers = [] { return 500; };
  play.raise("versioning");
  play.raise("frame_clock");
  play.pass(10min);
  CHECK(play.bodies.size() == 20);
  CHECK_THAT(play.log("about frame_clock is not sent again"),
             Contains("status 500: the alert about versioning is not sent again (try 10 of 10)"));
}

TEST_CASE("what a webhook refuses is not sent again") {
  for (const int status : {301, 400, 404}) {
    watchtower play;
    play.answers = [&] { return status; };
    play.raise("versioning");
    play.pass(5min);
    CHECK(play.bodies.size() == 1);
    CHECK_THAT(play.log("not sent again"),
               Contains(fmt::format("answers with status {}: the alert", status)));
  }
}

TEST_CASE("a webhook that hangs is tried again, and other alerts wait for their turn in order") {
  watchtower play;
  play.answers = in_turn({0, 200});
  for (const auto* actor : {"first", "second", "third"}) play.raise(actor);
  CHECK(play.sent() == text_lines{"first"});
  play.pass(9s);
  CHECK(play.sent() == text_lines{"first"});
  play.pass(3s);
  CHECK(play.sent() == text_lines{"first", "first", "second", "third"});
  CHECK_THAT(play.log("at try 2"), Contains("gives no answer (the time limit is over)"));
}

TEST_CASE("when too many alerts wait, the oldest that is not being sent is dropped, and the log says so") {
  watchtower play;
  play.answers = in_turn({0, 200});
  for (int i = 0; i < 34; ++i) play.raise(fmt::format("a{}", i));
  play.pass(1min);
  const auto sent = play.sent();
  REQUIRE(sent.size() == 33); // the first one twice
  CHECK(sent[1] == "a0");
  CHECK(sent[2] == "a3");
  CHECK(sent.back() == "a33");
  CHECK_THAT(play.log("about a2 is dropped"),
             Contains("is behind by 32 alerts: the one about a1 is dropped"));
}

TEST_CASE("what is still to be sent outlives the incarnation, in a pause and in a try") {
  watchtower play;
  play.answers = in_turn({500, 0, 200});
  play.raise("first");
  play.raise("second");
  play.kill();
  play.pass(2s);
  CHECK(play.sent() == text_lines{"first", "first"});
  play.kill();
  play.pass(15s);
  CHECK(play.sent() == text_lines{"first", "first", "first", "second"});
}

TEST_CASE("at the end each alert is tried once more, without a pause") {
  watchtower play;
  play.answers = in_turn({500, 500, 200});
  play.raise("first");
  play.raise("second");
  play.tell(close_alerts{});
  CHECK(play.sent() == text_lines{"first", "first", "second"});
  CHECK(play.host().next() == text_lines{"alerts_closed"});
  CHECK_THAT(play.log("second"), Contains("the alert about first is not sent again (try 2 of 10)"));
}

TEST_CASE("at the end nothing is waited for when nothing waits") {
  watchtower play;
  play.tell(close_alerts{});
  CHECK(play.host().next() == text_lines{"alerts_closed"});
}
