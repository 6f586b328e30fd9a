// Vesta inside a game that has no thread to give: actors run where the game's own loop lets them, for as long
// as it lets them, and their time is the game's. Prints what the bell rang in a second of play, in a pause,
// and in slow motion.

#include <cstdio>

#include "vesta/runtime/node.hpp"

namespace {

struct toll {};
VESTA_MESSAGE(toll);

struct belfry {
  int rings = 0;
};

/// Rings every 100 ms, on the actors' time.
class bell {
public:
  using interface = caf::typed_actor<caf::reacts_to<toll>>;
  explicit bell(vesta::context& self) : self_(self), tower_(self.use<belfry>()) { wind_up(); }

  void on(const toll&) {
    ++tower_.rings;
    wind_up();
  }

private:
  void wind_up() { self_.after(std::chrono::milliseconds(100), toll{}); }

  vesta::context& self_;
  belfry& tower_;
};

} // namespace

int main() {
  constexpr vesta::platform::nanoseconds budget = 2'000'000, frame = 20'000'000;
  belfry tower;
  vesta::services lent;
  lent.lend(tower);
  vesta::node node({.hosted = true}, {.name = "root", .actors = {vesta::spec_of<bell>({.name = "bell"})}},
                   lent);
  node.start();
  node.tick({.budget = budget, .advance = 0}); // the bell begins before the first frame

  for (const auto& [what, speed] : {std::pair{"play", 1.0}, {"pause", 0.0}, {"slow motion", 0.5}}) {
    tower.rings = 0;
    for (int i = 0; i < 50; ++i) { // the game's own loop
      const auto step = static_cast<vesta::platform::nanoseconds>(frame * speed);
      node.tick({.budget = budget, .advance = step});
    }
    std::printf("%s: %d rings\n", what, tower.rings);
  }
}
