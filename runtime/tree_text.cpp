#include "vesta/runtime/tree_text.hpp"

#include <fmt/format.h>

#include "vesta/runtime/tree_check.hpp"

namespace vesta {
namespace {

std::string_view name_of(group_rule rule) {
  switch (rule) {
  case group_rule::one_for_one:
    return "one_for_one";
  case group_rule::simple_one_for_one:
    return "simple_one_for_one";
  case group_rule::one_for_all:
    return "one_for_all";
  case group_rule::rest_for_one:
    return "rest_for_one";
  }
  return {};
}

std::string_view name_of(restart_kind kind) {
  if (kind == restart_kind::permanent) return "permanent";
  return kind == restart_kind::transient ? "transient" : "temporary";
}

std::string chain_text(std::span<const chain_step> chain) {
  std::string text;
  for (const auto& step : chain)
    text += fmt::format("{}{}{}", text.empty() ? "" : " → ", to_string(step.action),
                        step.times > 1 ? fmt::format(" ×{}", step.times) : "");
  return text;
}

std::string actor_text(const actor_spec& actor) {
  std::string text = fmt::format("{}; {}", name_of(actor.restart), chain_text(actor.chain));
  if (actor.significant) text += "; significant";
  if (!actor.standby.empty()) text += "; standby " + actor.standby;
  if (!actor.features.empty()) text += fmt::format("; {} features", actor.features.size());
  if (actor.least_load < 1) text += fmt::format("; load down to {:g}", actor.least_load);
  return text;
}

std::string supervisor_text(const supervisor_spec& tree) {
  auto text = fmt::format("{}, {} restarts in {:g} s; at most {} of one actor", name_of(tree.rule),
                          tree.intensity.count, std::chrono::duration<double>(tree.intensity.period).count(),
                          worst_case_restarts(tree));
  if (tree.restart_pause)
    text += fmt::format("; pauses from {:g} s", static_cast<double>(tree.restart_pause->first_ns) / 1e9);
  if (tree.restarts_at_once < 1) text += fmt::format("; {:g} % at once", 100 * tree.restarts_at_once);
  return text;
}

void write(const supervisor_spec& tree, const std::string& indent, std::string& text) {
  constexpr int names = 28;
  text += fmt::format("{:<{}}{}\n", indent + tree.name, names, supervisor_text(tree));
  for (const auto& actor : tree.actors)
    text += fmt::format("{:<{}}{}\n", indent + "  " + actor.name, names, actor_text(actor));
  for (const auto& below : tree.supervisors) write(below, indent + "  ", text);
}

} // namespace

std::string tree_text(const supervisor_spec& tree) {
  std::string text;
  write(tree, "", text);
  return text;
}

} // namespace vesta
