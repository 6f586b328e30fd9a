// A counter that survives its own crash: an actor in one file, and one line that puts it under a supervisor.
// Prints "12 after incarnation 1" and "42 after incarnation 2".

#include <caf/typed_actor.hpp>
#include <cstdio>
#include <vesta/platform/topology.hpp>
#include <vesta/runtime/node.hpp>

struct add {
  int amount = 0;
};
VESTA_MESSAGE(add);
struct total_request {};
VESTA_MESSAGE(total_request);
struct total {
  int value = 0;
  std::uint64_t incarnation = 0;
};
VESTA_MESSAGE(total);

using counter_actor = caf::typed_actor<caf::reacts_to<add>, caf::replies_to<total_request>::with<total>>;

struct counter_state {
  int sum = 0;
};
VESTA_MESSAGE(counter_state);

class counter {
public:
  using interface = counter_actor;
  explicit counter(vesta::context& self) : self_(self) {}

  void on(const add& m) { state.sum += m.amount; }
  total on(const total_request&) { return {state.sum, self_.incarnation()}; }

  counter_state state; // what survives a crash

private:
  vesta::context& self_;
};

int main() {
  vesta::node node({.cores = vesta::platform::find_topology().value()},
                   {.name = "root", .actors = {vesta::spec_of<counter>({.name = "counter"})}},
                   {}); // the one line
  node.start();
  const auto counter = node.find<counter_actor>("counter");
  const auto show = [&] {
    const auto now = node.ask<total>(counter, total_request{}).value();
    std::printf("%d after incarnation %d\n", now.value, int(now.incarnation));
  };
  node.send(counter, add{12});
  show();
  node.kill("counter", "as a crash would"); // its address, its inbox and its state stay
  node.send(counter, add{30});
  show();
}
