#include "vesta/runtime/recovery_chain.hpp"

#include <algorithm>

namespace vesta {

const chain_steps& default_chain() {
  using namespace std::chrono_literals;
  static const chain_steps steps = {
      {remedy::retry, 3, 100us}, {remedy::rollback}, {remedy::restart}, {remedy::isolate}};
  return steps;
}

const chain_steps& agent_chain() {
  static const chain_steps steps = {
      {remedy::rollback}, {remedy::set_aside}, {remedy::restart}, {remedy::isolate}};
  return steps;
}

bool restart_history::allow(const restart_intensity& intensity, std::int64_t now_ns) {
  const auto oldest = now_ns - intensity.period.count();
  while (!times_ns_.empty() && times_ns_.front() < oldest) times_ns_.pop_front();
  times_ns_.push_back(now_ns);
  return times_ns_.size() <= intensity.count;
}

abilities abilities_of(const actor_spec& spec) {
  return {.repeatable = spec.repeatable,
          .keeps_state = spec.keeps_state,
          .has_standby = !spec.standby.empty(),
          .scales = spec.adapts && spec.least_load < 1,
          .degrades = spec.adapts && !spec.features.empty()};
}

bool can_help(remedy action, const failure& what, const abilities& able) {
  const bool has_message = what.message_number != 0;
  switch (action) {
  case remedy::retry:
    return has_message && able.repeatable;
  case remedy::rollback:
    return has_message && able.keeps_state;
  case remedy::set_aside:
    return has_message;
  case remedy::fallback:
    return able.has_standby;
  case remedy::scale_down:
    return able.scales;
  case remedy::degrade:
    return able.degrades;
  default:
    return true;
  }
}

std::chrono::nanoseconds pause_before(const chain_step& step, unsigned tries, double chance) {
  const auto doubled = step.pause * std::min(1L << std::min(tries, 7U), 100L);
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(doubled.count()) * (0.75 + chance / 2)));
}

chain_choice next_remedy(std::span<const chain_step> chain, chain_position& position, const failure& what,
                         const abilities& able, double chance) {
  // An actor that failed without a message in hand cannot be told apart by that message: a start that fails
  // stays at its restart step and is bounded by the supervisor's intensity.
  const bool same_trouble = what.message_number != 0 && what.message_number == position.message_number;
  if (!same_trouble) position = {what.message_number, 0, 0};

  for (; position.step < chain.size(); ++position.step, position.tries = 0) {
    const auto& step = chain[position.step];
    if (position.tries >= step.times || !can_help(step.action, what, able)) continue;
    const auto pause = pause_before(step, position.tries++, chance);
    const bool repeats = step.action == remedy::retry || step.action == remedy::rollback;
    return {step.action, pause, repeats && pause.count() == 0 && position.tries <= on_the_spot_max};
  }
  return {remedy::isolate};
}

} // namespace vesta
