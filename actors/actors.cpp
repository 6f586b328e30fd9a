#include "vesta/actors/actors.hpp"

#include <algorithm>
#include <iterator>

namespace vesta {

supervisor_spec vesta_tree(std::uint32_t districts, std::vector<own_strategy> strategies,
                           std::vector<supervisor_spec> own) {
  supervisor_spec alarm{.name = "alarm", .asks_coordinator = false};
  supervisor_spec hmr{.name = "hmr", .intensity = {.count = 10, .period = std::chrono::seconds(5)}};
  supervisor_spec world{.name = "world", .intensity = {.count = 10, .period = std::chrono::seconds(5)}};
  const auto add = [&](supervisor_spec& to, const std::string& name, auto make) {
    if (name != "district") return to.actors.push_back(make(0));
    for (std::uint32_t i = 0; i < districts; ++i) to.actors.push_back(make(i));
  };
#define district_spec() district_spec(index)
#define VESTA_ACTOR(name, supervisor)                                                                        \
  add(supervisor, #name, []([[maybe_unused]] std::uint32_t index) { return name##_spec(); });
#include "vesta/actors/actors.def"
#undef VESTA_ACTOR
#undef district_spec
  std::vector<supervisor_spec> below = {alarm, recovery_tree(std::move(strategies)), hmr, world};
  std::ranges::move(own, std::back_inserter(below));
  return {.name = "root",
          .intensity = {.count = 3, .period = std::chrono::seconds(60)},
          .supervisors = std::move(below)};
}

} // namespace vesta
