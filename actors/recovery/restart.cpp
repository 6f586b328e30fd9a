// restart: a new incarnation from the last checkpoint, once the old one is gone, and later each time. Errors:
// none of its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

using namespace std::chrono_literals;
constexpr std::uint32_t restarts = 4;

class restart_strategy {
public:
  using interface = strategy_actor;
  explicit restart_strategy(context& self) : self_(self) {}

  void on(const recovery_order& order) {
    if (order.attempt >= restarts) return decline(self_, order);
    act(self_, order, remedy::restart, order.attempt == 0 ? 0ns : pause_before(self_, order.attempt));
  }

private:
  context& self_;
};

} // namespace

actor_spec restart_spec() { return spec_of<restart_strategy>({.name = "restart", .repeatable = true}); }

} // namespace vesta
