// degrade: the actor's features go off in the order that it declares, and come back one by one. Errors: none
// of its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

struct feature_back {
  caf::actor patient;
};
VESTA_MESSAGE(feature_back);

class degrade_strategy {
public:
  using interface = strategy_actor;
  using own = own_messages<feature_back>;
  explicit degrade_strategy(context& self) : self_(self) {}

  void on(const recovery_order& order) {
    if (!order.what.able.has(remedy::degrade) || order.attempt >= order.what.features)
      return decline(self_, order);
    act(self_, order, remedy::degrade);
    self_.after(patience_.next(order.what.cause.actor, self_.now()), feature_back{order.what.patient});
  }

  void on(const feature_back& what) { self_.send(what.patient, raise_level{}); }

private:
  context& self_;
  patience patience_;
};

} // namespace

actor_spec degrade_spec() { return spec_of<degrade_strategy>({.name = "degrade"}); }

} // namespace vesta
