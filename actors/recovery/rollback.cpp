// rollback: the state goes back to before the message, and something is different when the message is run
// again (the idea of Rx; Qin et al. 2005): first the moment, then a fresh incarnation with fresh memory
// around the same state, and at last the message is gone. Errors: none of its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

class rollback_strategy {
public:
  using interface = strategy_actor;
  explicit rollback_strategy(context& self) : self_(self) {}

  void on(const recovery_order& order) {
    const auto& able = order.what.able;
    const auto steps = {remedy::rollback, remedy::restart, remedy::set_aside};
    auto step = steps.begin() + (able.has(remedy::rollback) ? 0 : 1) + order.attempt;
    if (step >= steps.end() || !able.has(*step)) return decline(self_, order);
    act(self_, order, *step);
  }

private:
  context& self_;
};

} // namespace

actor_spec rollback_spec() { return spec_of<rollback_strategy>({.name = "rollback", .repeatable = true}); }

} // namespace vesta
