// isolate: parks the actor, and starts it again later, each time after a longer pause: a probe that
// leads back when the cause is gone. Errors: none of its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

struct isolate_probe {
  caf::actor patient;
};
VESTA_MESSAGE(isolate_probe);

class isolate_strategy {
public:
  using interface = strategy_actor;
  using own = own_messages<isolate_probe>;
  explicit isolate_strategy(context& self) : self_(self) {}

  void on(const recovery_order& order) {
    if (order.what.cause.level == severity::fatal) return decline(self_, order);
    act(self_, order, remedy::isolate);
    self_.after(patience_.next(order.what.cause.actor, self_.now()), isolate_probe{order.what.patient});
  }

  void on(const isolate_probe& what) { self_.send(what.patient, start_incarnation{}); }

private:
  context& self_;
  patience patience_;
};

} // namespace

actor_spec isolate_spec() { return spec_of<isolate_strategy>({.name = "isolate"}); }

} // namespace vesta
