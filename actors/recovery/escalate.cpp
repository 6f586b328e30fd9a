// escalate: nothing here can cure it; the supervisor's parent begins the whole group anew, and the root goes
// into safe mode. Errors: none of its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

class escalate_strategy {
public:
  using interface = strategy_actor;
  explicit escalate_strategy(context& self) : self_(self) {}
  void on(const recovery_order& order) { act(self_, order, remedy::escalate); }

private:
  context& self_;
};

} // namespace

actor_spec escalate_spec() { return spec_of<escalate_strategy>({.name = "escalate", .repeatable = true}); }

} // namespace vesta
