// scale_down: the actor gets half the load, and its share back step by step once it is well. Errors: none of
// its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

struct load_back {
  caf::actor patient;
};
VESTA_MESSAGE(load_back);

class scale_down_strategy {
public:
  using interface = strategy_actor;
  using own = own_messages<load_back>;
  explicit scale_down_strategy(context& self) : self_(self) {}

  void on(const recovery_order& order) {
    if (!order.what.able.has(remedy::scale_down) || order.attempt >= order.what.load_steps)
      return decline(self_, order);
    act(self_, order, remedy::scale_down);
    self_.after(patience_.next(order.what.cause.actor, self_.now()), load_back{order.what.patient});
  }

  void on(const load_back& what) { self_.send(what.patient, raise_level{}); }

private:
  context& self_;
  patience patience_;
};

} // namespace

actor_spec scale_down_spec() { return spec_of<scale_down_strategy>({.name = "scale_down"}); }

} // namespace vesta
