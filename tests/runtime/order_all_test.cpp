#include "vesta/runtime/order_all.hpp"

#include "support/counter.hpp"
#include "support/test_node.hpp"
#include "vesta/platform/thread.hpp"

using namespace vesta;
using namespace vesta::test;

namespace {

/// Where actors ended, by class of cores; outlives them.
struct register_of_ends {
  platform::topology cores = platform::find_topology().value();
  std::atomic<int> lives{0}, misplaced{0};

  void ended(placement where) {
    --lives;
    const auto core = platform::current_core();
    const auto& allowed = where.kind == placement::where::performance ? cores.performance : cores.efficiency;
    if (where.kind == placement::where::any) return;
    misplaced +=
        where.kind == placement::where::core ? core != where.core : !std::ranges::count(allowed, core);
  }
};

class resident {
public:
  using interface = counter_actor;
  resident(context& self, placement where) : ends_(self.use<register_of_ends>()), where_(where) {
    ++ends_.lives;
  }
  ~resident() { ends_.ended(where_); }
  void on(const add& m) { total_ += m.amount; }
  void on(const add_after&) {}
  sum on(const sum_request&) { return {total_, 0}; }

private:
  register_of_ends& ends_;
  const placement where_;
  std::int64_t total_ = 0;
};

/// Actors of all placements, which know nothing of each other.
struct block_of_flats {
  static constexpr int residents = 3000;
  register_of_ends ends;
  node all;
  std::vector<counter_actor> addresses;

  block_of_flats() : all({.cores = ends.cores}, tree(), lent()) {
    all.start();
    for (int i = 0; i < residents; ++i) addresses.push_back(all.find<counter_actor>(std::to_string(i)));
  }
  supervisor_spec tree() const {
    const std::array places{placement::any(), placement::performance(), placement::efficiency(),
                            placement::on_core(ends.cores.efficiency.front())};
    supervisor_spec hall{.name = "hall", .rule = group_rule::simple_one_for_one};
    for (int i = 0; i < residents; ++i) {
      const auto where = places[static_cast<std::size_t>(i) % places.size()];
      hall.actors.push_back(spec_of<resident>({.name = std::to_string(i), .where = where}, where));
    }
    return {.name = "root", .supervisors = {std::move(hall)}};
  }
  services lent() {
    services made;
    made.lend(ends);
    return made;
  }
  void send_to_all() {
    for (const auto& each : addresses) all.send(each, add{1});
  }
  bool all_answer() {
    return std::ranges::all_of(
        addresses, [&](const auto& each) { return all.ask<sum>(each, sum_request{}).has_value(); });
  }
};

} // namespace

TEST_CASE("children of all placements that end together do so on their own cores, at work or not",
          "[concurrent]") {
  block_of_flats h;
  REQUIRE(h.all_answer());
  for (int round = 0; round < 3; ++round) {
    if (round > 0) h.send_to_all(); // some are at work when the order comes
    REQUIRE(h.all.stop_child("hall").ok());
    CHECK(h.ends.lives == 0);
    REQUIRE(h.all.restart_child("hall").ok());
    REQUIRE(soon([&] { return h.ends.lives == block_of_flats::residents; }));
    CHECK(h.all_answer());
  }
  h.send_to_all();
  h.all.stop();
  CHECK(h.ends.lives == 0);
  CHECK(h.ends.misplaced == 0);
}

TEST_CASE("an order to end together that is older than an actor's start changes nothing", "[concurrent]") {
  block_of_flats h;
  countdown together{.left = 2};
  REQUIRE(h.all_answer());
  tell(caf::actor_cast<caf::actor>(h.addresses[0]), end_incarnation{.order = 0, .together = &together});
  CHECK(h.all.ask<sum>(h.addresses[0], sum_request{}));
  CHECK(together.left == 1);
}
