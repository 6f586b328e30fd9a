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
  const auto add = [&](actor_spec actor, strategy_info about) {
    about.name = actor.name;
    known.push_back(std::move(about));
    tree.actors.push_back(std::move(actor));
  };
  for (auto& each : own)
    add(std::move(each.actor), {.costs = each.costs, .helps_with = std::move(each.helps_with)});
  add(retry_spec(), {.costs = harm::none, .by = remedy::retry});
  add(rollback_spec(), {.costs = harm::none, .by = remedy::rollback});
  add(fallback_spec(), {.costs = harm::less, .by = remedy::fallback});
  add(scale_down_spec(), {.costs = harm::less, .by = remedy::scale_down});
  add(degrade_spec(), {.costs = harm::less, .by = remedy::degrade});
  add(restart_spec(), {.costs = harm::begins_anew, .by = remedy::restart});
  add(isolate_spec(), {.costs = harm::absent, .by = remedy::isolate});
  add(escalate_spec(), {.costs = harm::others, .by = remedy::escalate});
  tree.actors.insert(tree.actors.begin(), error_coordinator_spec(std::move(known)));
  return tree;
}

} // namespace vesta
