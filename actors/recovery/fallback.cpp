// fallback: the actor's standby takes over, until a probe finds the actor well. Errors: none of its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

struct fallback_probe {
  caf::actor patient;
};
VESTA_MESSAGE(fallback_probe);

class fallback_strategy {
public:
  using interface = strategy_actor;
  using own = own_messages<fallback_probe>;
  explicit fallback_strategy(context& self) : self_(self) {}

  void on(const recovery_order& order) {
    if (!order.what.able.has(remedy::fallback)) return decline(self_, order);
    act(self_, order, remedy::fallback);
    self_.after(patience_.next(order.what.cause.actor, self_.now()), fallback_probe{order.what.patient});
  }

  void on(const fallback_probe& what) { self_.send(what.patient, start_incarnation{}); }

private:
  context& self_;
  patience patience_;
};

} // namespace

actor_spec fallback_spec() { return spec_of<fallback_strategy>({.name = "fallback"}); }

} // namespace vesta
