// district: steps its rows of every module, one stage at a time, on a performance core. It never decides
// anything: a module that fails is reported, and the frame clock puts the world right. It holds no state, so
// any incarnation can go on. Errors: what it reports are runtime integration's, 0x4201 and 0x4501-0x4502.

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/runtime/session.hpp"
#include "vesta/runtime/world.hpp"

namespace vesta {
namespace {

class district {
public:
  using interface = district_actor;

  district(context& self, std::uint32_t index)
      : self_(self), index_(index), time_(self.use<const session>().ports.time),
        world_(self.use<world_slot>()), clock_(self.peer<frame_clock_actor>("frame_clock")) {}

  void on(const step& order) {
    const auto began = time_.now();
    const auto fault = world_.get()->step(order.stage, index_);
    stepped done{.token = order.token, .district = index_, .took_ns = time_.now() - began};
    if (fault) {
      done.code = code_of(*fault);
      done.module = fault->module;
      done.text = describe(*fault);
    }
    self_.send(clock_, std::move(done));
  }

private:
  context& self_;
  const std::uint32_t index_;
  const platform::clock& time_;
  const world_slot& world_;
  const frame_clock_actor clock_;
};

} // namespace

actor_spec district_spec(std::uint32_t index) {
  return spec_of<district>({.name = "district_" + std::to_string(index), .where = placement::performance()},
                           index);
}

} // namespace vesta
