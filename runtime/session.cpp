#include "vesta/runtime/session.hpp"

#include "vesta/runtime/world.hpp"

namespace vesta {

world_slot::world_slot() = default;
world_slot::~world_slot() = default;

void world_slot::set(std::unique_ptr<world> made) {
  owner_ = std::move(made);
  here_.store(owner_.get(), std::memory_order_release);
}

} // namespace vesta
