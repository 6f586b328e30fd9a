// retry: what failed by chance works when it is tried again, a little later each time. Only for handlers that
// are marked repeatable. Errors: none of its own.

#include "vesta/actors/recovery/strategy.hpp"
#include "vesta/messages/prelude.hpp"

namespace vesta {
namespace {

constexpr std::uint32_t retries = 5;

class retry_strategy {
public:
  using interface = strategy_actor;
  explicit retry_strategy(context& self) : self_(self) {}

  void on(const recovery_order& order) {
    if (order.attempt >= retries || !order.what.able.has(remedy::retry)) return decline(self_, order);
    act(self_, order, remedy::retry, pause_before(self_, order.attempt));
  }

private:
  context& self_;
};

} // namespace

actor_spec retry_spec() { return spec_of<retry_strategy>({.name = "retry", .repeatable = true}); }

} // namespace vesta
