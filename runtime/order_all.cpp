#include "vesta/runtime/order_all.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <type_traits>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/job_place.hpp"
#include "vesta/runtime/logical_actor.hpp"
#include "vesta/runtime/send.hpp"

namespace vesta::detail {
namespace {

/// Actors that one bearer goes to, so that several workers have something to do.
constexpr std::size_t share = 2048;
/// Of them in one turn: some 50 µs.
constexpr std::size_t at_a_time = 128;
/// Actors ahead of the one at hand that are fetched from memory, which is what takes the time.
constexpr std::size_t ahead = 4;

struct next_actors {};
VESTA_LOCAL_MESSAGE(next_actors);

void send_out(caf::actor_system& system, placement where, std::vector<caf::strong_actor_ptr> to,
              const auto& order);

logical_actor& logical(const caf::strong_actor_ptr& address) {
  return static_cast<logical_actor&>(*inbox_actor::behind(address));
}

/// One worker's share.
template <class Order>
class order_bearer final : public inbox_actor {
public:
  order_bearer(caf::actor_config& config, placement here, std::vector<caf::strong_actor_ptr> to, Order order)
      : inbox_actor(config), here_(here), to_(std::move(to)), order_(order) {}
  const char* name() const override { return "order_bearer"; }

private:
  void receive(envelope_ptr&) override {
    const auto end = std::min(at_ + at_a_time, to_.size());
    for (; at_ < end; ++at_) {
      if (at_ + ahead < to_.size()) logical(to_[at_ + ahead]).prefetch();
      bear_to(to_[at_]);
    }
    if (at_ < to_.size()) return tell(caf::strong_actor_ptr(ctrl()), next_actors{});
    for (const auto where : {placement::performance(), placement::efficiency()})
      if (auto& others = elsewhere_[where.kind == placement::where::efficiency]; !others.empty())
        send_out(system(), where, std::move(others), order_);
    end_life();
  }
  bool always_takes(envelope&) override { return true; }
  void refuse_at_door(envelope_ptr) override {}
  void ended() override { to_.clear(); }

  /// As if it had come as a message; a stop comes after what waits already.
  void bear_to(caf::strong_actor_ptr& to) {
    auto& actor = logical(to);
    const auto wanted = place_of(&actor).kind;
    const bool has_class = wanted == placement::where::performance || wanted == placement::where::efficiency;
    if (has_class && wanted != here_.kind)
      elsewhere_[wanted == placement::where::efficiency].push_back(std::move(to));
    else if (wanted == placement::where::core || !actor.obey_here(order_, context()))
      tell(to, order_, std::is_same_v<Order, stop_actor> ? priority::normal : priority::urgent);
  }

  const placement here_;
  std::vector<caf::strong_actor_ptr> to_;
  const Order order_;
  std::size_t at_ = 0;
  std::array<std::vector<caf::strong_actor_ptr>, 2> elsewhere_; ///< for the performance and efficiency cores
};

void send_out(caf::actor_system& system, placement where, std::vector<caf::strong_actor_ptr> to,
              const auto& order) {
  using bearer = order_bearer<std::decay_t<decltype(order)>>;
  for (auto first = to.begin(); first != to.end();) {
    const auto last = first + std::min<std::ptrdiff_t>(share, to.end() - first);
    caf::actor_config config;
    config.flags |= placement_flags(where);
    const auto sent = system.spawn_class<bearer, caf::hidden>(
        config, where, std::vector(std::make_move_iterator(first), std::make_move_iterator(last)), order);
    tell(sent, next_actors{});
    first = last;
  }
}

} // namespace

void order_all(caf::actor_system& system, std::vector<caf::strong_actor_ptr> actors,
               const end_incarnation& order) {
  send_out(system, placement::any(), std::move(actors), order);
}

void order_all(caf::actor_system& system, std::vector<caf::strong_actor_ptr> actors,
               const stop_actor& order) {
  send_out(system, placement::any(), std::move(actors), order);
}

} // namespace vesta::detail
