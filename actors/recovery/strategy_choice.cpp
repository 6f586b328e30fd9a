#include "vesta/actors/recovery/strategy_choice.hpp"

#include <algorithm>
#include <cmath>

namespace vesta {
namespace {

/// Before so many tries of all candidates, the rule decides alone.
constexpr std::uint32_t trust_after = 20;

/// The second digit of an error code; see messages/errors.def.
enum class error_class : std::uint8_t { timeout = 2, limit = 3, dependency = 4, input_output = 8 };
error_class class_of(error_code code) {
  return static_cast<error_class>((static_cast<unsigned>(code) >> 8) & 0xF);
}

/// What is tried by the kind of failure, before restart, isolate and escalate, which end every list.
std::vector<remedy> rule_for(category kind) {
  using enum remedy;
  switch (kind) {
  case category::network:
  case category::io:
    return {retry, fallback, rollback, degrade};
  case category::performance:
    return {scale_down, degrade, fallback};
  case category::memory:
  case category::resource:
    return {retry, scale_down, degrade, rollback, fallback};
  case category::security:
  case category::configuration:
    return {fallback};
  default:
    return {retry, rollback, fallback, scale_down, degrade};
  }
}

/// The strategy of that name goes on without the message in the end.
bool can(remedy by, const remedy_set& able) {
  return able.has(by) || (by == remedy::rollback && able.has(remedy::set_aside));
}

bool is_own(const strategy_info& strategy) { return !strategy.by; }

bool helps(const strategy_info& strategy, category kind) {
  return strategy.helps_with.empty() || std::ranges::count(strategy.helps_with, kind) > 0;
}

double upper_bound(const strategy_tally& tally, std::uint32_t all) {
  if (tally.tries == 0) return 1 + std::sqrt(2 * std::log(all));
  return static_cast<double>(tally.cures) / tally.tries + std::sqrt(2 * std::log(all) / tally.tries);
}

double mean_ns(const strategy_tally& tally) {
  return tally.cures == 0 ? 0 : static_cast<double>(tally.took_ns) / tally.cures;
}

} // namespace

category classify(const failure& what) {
  if (what.kind != category::unknown && what.kind != category::runtime) return what.kind;
  switch (class_of(what.code)) {
  case error_class::timeout:
    return category::performance;
  case error_class::limit:
    return category::resource;
  case error_class::dependency:
    return category::network;
  case error_class::input_output:
    return category::io;
  default:
    return what.kind;
  }
}

std::vector<std::size_t> by_rule(std::span<const strategy_info> known, const recovery_case& what) {
  const auto kind = classify(what.cause);
  std::vector<std::size_t> order;
  auto rule = rule_for(kind);
  rule.insert(rule.end(), {remedy::restart, remedy::isolate, remedy::escalate});
  for (const auto by : rule) {
    const auto found = std::ranges::find(known, std::optional(by), &strategy_info::by);
    if (found != known.end() && can(by, what.able))
      order.push_back(static_cast<std::size_t>(found - known.begin()));
  }
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!is_own(known[i]) || !helps(known[i], kind)) continue;
    order.insert(std::ranges::find_if(order,
                                      [&](std::size_t other) {
                                        return !is_own(known[other]) && known[other].costs >= known[i].costs;
                                      }),
                 i);
  }
  return order;
}

std::optional<std::size_t> choose(std::span<const strategy_info> known,
                                  std::span<const std::size_t> candidates, std::uint32_t declined,
                                  category kind, const strategy_record& learnt) {
  std::vector<std::size_t> left;
  for (const auto each : candidates)
    if ((declined >> each & 1) == 0) left.push_back(each);
  if (left.empty()) return std::nullopt;
  std::erase_if(left,
                [&, costs = known[left.front()].costs](std::size_t i) { return known[i].costs > costs; });

  std::uint32_t all = 0;
  for (const auto each : left) all += learnt.of(kind, each).tries;
  if (all < trust_after) return left.front();
  return *std::ranges::max_element(left, [&](std::size_t a, std::size_t b) {
    const auto &of_a = learnt.of(kind, a), &of_b = learnt.of(kind, b);
    const auto bound_a = upper_bound(of_a, all), bound_b = upper_bound(of_b, all);
    return bound_a != bound_b ? bound_a < bound_b : mean_ns(of_a) > mean_ns(of_b);
  });
}

} // namespace vesta
