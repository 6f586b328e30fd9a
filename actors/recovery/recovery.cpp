#include "vesta/actors/recovery/recovery.hpp"

#include <fmt/format.h>
#include <stdexcept>
#include <utility>

#include "vesta/actors/recovery/strategy_choice.hpp"
#include "vesta/messages/interfaces.hpp"

namespace vesta {

namespace {

constexpr std::size_t own_max = strategies_max - 8;

void check_own(const std::vector<own_strategy>& own) {
  if (own.size() > own_max)
    throw std::invalid_argument(
        fmt::format("{} strategies of your own are too many; at most {}", own.size(), own_max));
  for (const auto& each : own)
    if (each.actor.interface != typeid(strategy_actor))
      throw std::invalid_argument(fmt::format(
          "strategy \"{}\" has another interface; say `using interface = vesta::strategy_actor` in its class",
          each.actor.name));
}

} // namespace

supervisor_spec recovery_tree(std::vector<own_strategy> own) {
  check_own(own);
  supervisor_spec tree{.name = "recovery",
                       .intensity = {.count = 10, .period = std::chrono::seconds(5)},
                       .asks_coordinator = false};
  std::vector<strategy_info> known;
  const auto add = [&](actor_spec actor, harm costs, std::vector<category> helps_with = {}) {
    known.push_back({actor.name, costs, std::move(helps_with)});
    tree.actors.push_back(std::move(actor));
  };
  for (auto& each : own) add(std::move(each.actor), each.costs, std::move(each.helps_with));
  add(retry_spec(), harm::none);
  add(rollback_spec(), harm::none);
  add(fallback_spec(), harm::less);
  add(scale_down_spec(), harm::less);
  add(degrade_spec(), harm::less);
  add(restart_spec(), harm::begins_anew);
  add(isolate_spec(), harm::absent);
  add(escalate_spec(), harm::others);
  tree.actors.insert(tree.actors.begin(), error_coordinator_spec(std::move(known)));
  return tree;
}

} // namespace vesta
