#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <latch>
#include <thread>

#include "support/counter.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/topology.hpp"
#include "vesta/runtime/node.hpp"

using namespace vesta;
using namespace vesta::test;

namespace {

#ifdef __SANITIZE_THREAD__ // CAF is not instrumented, and each of its seeming races takes a millisecond
constexpr int times_slower = 100;
#else
constexpr int times_slower = 1;
#endif

constexpr int receivers = 12, relays = 3, pulses = 2, outsiders = 2;
constexpr int senders = relays + pulses + outsiders;

struct letter {
  int sender = 0;
  std::int64_t number = 0;
};
VESTA_MESSAGE(letter);

/// Send one letter to each receiver, and go on with that so often.
struct send_letters {
  int rounds = 0;
};
VESTA_MESSAGE(send_letters);

using receiver_actor = caf::typed_actor<caf::reacts_to<letter>>;
using writer_actor = caf::typed_actor<caf::reacts_to<send_letters>>;

/// What each receiver got. A receiver's row is its own thread's; read when the actors have stopped.
struct ledger {
  struct row {
    std::array<std::int64_t, senders> last{};
    std::int64_t wrong = 0;
  };
  std::array<row, receivers> rows;
  std::atomic<std::int64_t> total = 0;
  std::array<std::int64_t, senders> sent{};
  std::atomic<int> writers_done = 0;
};

class receiver {
public:
  using interface = receiver_actor;
  explicit receiver(context& self)
      : ledger_(self.use<ledger>()),
        row_(ledger_.rows[static_cast<std::size_t>(std::stoi(std::string(self.actor_name()).substr(9)))]) {}
  void on(const letter& m) {
    auto& before = row_.last[static_cast<std::size_t>(m.sender)];
    if (m.number != before + 1) ++row_.wrong;
    before = m.number;
    ++ledger_.total;
  }

private:
  ledger& ledger_;
  ledger::row& row_;
};

/// Writes letters round by round: a relay sends itself the next round, a pulse sets a timer for it.
class writer {
public:
  using interface = writer_actor;
  using own = own_messages<send_letters>;
  writer(context& self, int number) : self_(self), ledger_(self.use<ledger>()), number_(number) {
    for (int i = 0; i < receivers; ++i)
      to_.push_back(self.peer<receiver_actor>("receiver_" + std::to_string(i)));
  }
  void on(const send_letters& m) {
    const auto letter_number = ++ledger_.sent[static_cast<std::size_t>(number_)];
    for (const auto& each : to_) self_.send(each, letter{number_, letter_number});
    if (m.rounds == 1)
      ++ledger_.writers_done;
    else
      self_.after(std::chrono::microseconds(number_ < relays ? 0 : 20), send_letters{m.rounds - 1});
  }

private:
  context& self_;
  ledger& ledger_;
  const int number_;
  std::vector<receiver_actor> to_;
};

/// Two workers a pool, so that there is something to steal.
platform::topology doubled_cores() {
  auto found = platform::find_topology().value();
  for (auto* cores : {&found.performance, &found.efficiency}) {
    const auto once = *cores;
    cores->insert(cores->end(), once.begin(), once.end());
  }
  return found;
}

struct post_office {
  ledger book;
  std::unique_ptr<node> actors;
  std::vector<receiver_actor> to;

  post_office() {
    supervisor_spec tree{.name = "root"};
    const std::array places{placement::performance(), placement::efficiency(), placement::any()};
    constexpr std::size_t unlimited = std::size_t(1) << 40;
    for (std::size_t i = 0; i < receivers; ++i)
      tree.actors.push_back(spec_of<receiver>({.name = "receiver_" + std::to_string(i),
                                               .where = places[i % places.size()],
                                               .inbox_limit = unlimited}));
    for (std::size_t i = 0; i < relays + pulses; ++i)
      tree.actors.push_back(spec_of<writer>(
          {.name = "writer_" + std::to_string(i), .where = places[i % places.size()]}, static_cast<int>(i)));
    services lent;
    lent.lend(book);
    actors = std::make_unique<node>(node_options{.cores = doubled_cores()}, std::move(tree), lent);
    for (int i = 0; i < receivers; ++i)
      to.push_back(actors->find<receiver_actor>("receiver_" + std::to_string(i)));
    actors->start();
  }

  void begin(int relay_rounds, int pulse_rounds) {
    for (int i = 0; i < relays + pulses; ++i)
      actors->send(actors->find<writer_actor>("writer_" + std::to_string(i)),
                   send_letters{i < relays ? relay_rounds : pulse_rounds});
  }
  /// Until so many letters have come, or none for 30 seconds: a slow machine is no failure.
  void await(std::int64_t letters) const {
    auto seen = book.total.load();
    for (auto at = std::chrono::steady_clock::now();
         seen < letters && std::chrono::steady_clock::now() - at < std::chrono::seconds(30);
         std::this_thread::yield())
      if (const auto now = book.total.load(); now != std::exchange(seen, now))
        at = std::chrono::steady_clock::now();
  }
  /// From a thread of no actor's, until `over`.
  void write(int number, std::int64_t rounds, const std::atomic<bool>& over) {
    auto& sent = book.sent[static_cast<std::size_t>(number)];
    while (sent < rounds && !over) {
      ++sent;
      for (const auto& each : to) actors->send(each, letter{number, sent});
    }
  }
};

} // namespace

TEST_CASE("under load from actors, timers and outside threads each letter comes once and in order",
          "[concurrent]") {
  constexpr int relay_rounds = 20'000 / times_slower, pulse_rounds = 2'000 / times_slower,
                outside_rounds = 20'000 / times_slower;
  post_office office;
  const std::atomic<bool> over = false;
  std::vector<std::thread> outside;
  for (int i = relays + pulses; i < senders; ++i)
    outside.emplace_back([&, i] { office.write(i, outside_rounds, over); });
  office.begin(relay_rounds, pulse_rounds);
  for (auto& each : outside) each.join();
  constexpr std::int64_t total =
      std::int64_t{receivers} * (relays * relay_rounds + pulses * pulse_rounds + outsiders * outside_rounds);
  office.await(total);
  office.actors->stop();
  CHECK(office.book.total == total);
  for (const auto& row : office.book.rows) {
    CHECK(row.wrong == 0);
    CHECK(std::equal(row.last.begin(), row.last.end(), office.book.sent.begin()));
  }
}

TEST_CASE("a node that two threads stop amid its work has handled of each sender a beginning without a gap",
          "[concurrent]") {
  constexpr int endless = 1'000'000'000;
  for (int round = 0; round < 5; ++round) {
    post_office office;
    std::atomic<bool> over = false;
    std::vector<std::thread> outside;
    for (int i = relays + pulses; i < senders; ++i)
      outside.emplace_back([&, i] { office.write(i, endless, over); });
    office.begin(endless, endless);
    while (office.book.total < 20'000 / times_slower) std::this_thread::yield();
    std::thread other{[&] { office.actors->stop(); }};
    office.actors->stop();
    other.join();
    over = true;
    for (auto& each : outside) each.join();
    office.to.clear();
    for (const auto& row : office.book.rows) {
      CHECK(row.wrong == 0);
      for (std::size_t s = 0; s < senders; ++s) CHECK(row.last[s] <= office.book.sent[s]);
    }
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // it takes 2 GB without their shadows
TEST_CASE("a million actors live in one node, and each serves", "[concurrent]") {
  constexpr int count = 1'000'000, family = 100;
  supervisor_spec tree{.name = "root"};
  for (int i = 0; i < count; ++i) {
    if (i % family == 0) tree.supervisors.push_back({.name = "over_" + std::to_string(i)});
    tree.supervisors.back().actors.push_back(spec_of<forgetful_counter>({.name = std::to_string(i)}));
  }
  attempts made;
  services lent;
  lent.lend(made);
  node all{{.cores = doubled_cores()}, std::move(tree), lent};
  all.start();
  for (const auto& entry : all.actors().entries())
    all.send(caf::actor_cast<counter_actor>(entry->address), add_after{.amount = 1, .failures = 0});
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(200);
  while (made.made < count && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  CHECK(made.made == count);
  all.stop();
}
#endif
