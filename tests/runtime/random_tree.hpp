#pragma once

#include <string>
#include <vector>

#include "runtime/citizen.hpp"

namespace vesta::test {

/// A tree of citizens, named by their numbers, of supervisors up to four levels deep.
struct random_tree {
  supervisor_spec root;
  struct about {
    bool may_end = false; ///< for good: by its own restart kind, or with a supervisor above
    bool keeps_state = false;
    bool is_bounded = false; ///< its inbox is small
  };
  std::vector<about> citizens;
};

/// Grows a tree from a seed: all rules, kinds, chains, intensities, auto_shutdowns, checkpoint distances.
class tree_grower {
public:
  explicit tree_grower(std::uint64_t seed)
      : dice_(seed, "tree", "shape"), mortal_(dice_.below(2) == 0), failing_(dice_.below(4) > 0) {}

  random_tree grow() {
    random_tree made;
    made.root = supervisor(1, false, made);
    return made;
  }

private:
  static constexpr std::size_t most_citizens = 14;

  bool chance(std::uint64_t one_in) { return dice_.below(one_in) == 0; }
  restart_kind kind(std::uint64_t mortal_in) {
    if (!mortal_ || !chance(mortal_in)) return restart_kind::permanent;
    return chance(2) ? restart_kind::transient : restart_kind::temporary;
  }

  supervisor_spec supervisor(int depth, bool below_mortal, random_tree& made) {
    supervisor_spec spec{.name = "s" + std::to_string(++supervisors_),
                         .intensity = {static_cast<unsigned>(dice_.below(failing_ ? 6 : 12)),
                                       std::chrono::milliseconds(dice_.below(2000))},
                         .rule = static_cast<group_rule>(dice_.below(4)),
                         .restart = depth == 1 ? restart_kind::permanent : kind(4)};
    if (mortal_ && chance(4))
      spec.shutdown = chance(2) ? auto_shutdown::any_significant : auto_shutdown::all_significant;
    const bool mortal =
        below_mortal || spec.restart != restart_kind::permanent || spec.shutdown != auto_shutdown::never;
    for (auto left = 1 + dice_.below(3); left > 0; --left) spec.actors.push_back(citizen(mortal, spec, made));
    if (depth == 4 || spec.rule == group_rule::simple_one_for_one) return spec;
    for (auto left = dice_.below(3); left > 0 && made.citizens.size() < most_citizens; --left) {
      spec.supervisors.push_back(supervisor(depth + 1, mortal, made));
      auto& below = spec.supervisors.back();
      below.significant = may_be_significant(below.restart, spec);
    }
    return spec;
  }

  bool may_be_significant(restart_kind restart, const supervisor_spec& parent) {
    return restart != restart_kind::permanent && parent.shutdown != auto_shutdown::never && chance(2);
  }

  actor_spec citizen(bool below_mortal, const supervisor_spec& parent, random_tree& made) {
    actor_spec spec{.name = std::to_string(made.citizens.size()),
                    .where = chance(2) ? placement::performance() : placement::any(),
                    .restart = kind(3),
                    .chain = chain(),
                    .repeatable = chance(3),
                    .checkpoint_every = static_cast<unsigned>(1 + dice_.below(8))};
    spec.significant = may_be_significant(spec.restart, parent);
    const bool bounded = chance(10);
    if (bounded) spec.inbox_limit = 1 + dice_.below(4);
    const bool settled = !chance(4);
    made.citizens.push_back({below_mortal || spec.restart != restart_kind::permanent, settled, bounded});
    const bool careful = spec.repeatable || !settled;
    return settled ? spec_of<settled_citizen>(std::move(spec), careful)
                   : spec_of<roaming_citizen>(std::move(spec), careful);
  }

  chain_steps chain() {
    if (chance(4)) return default_chain();
    if (chance(4)) return agent_chain();
    static constexpr remedy steps[] = {remedy::retry,   remedy::rollback, remedy::set_aside,
                                       remedy::restart, remedy::isolate,  remedy::escalate};
    std::vector<chain_step> made;
    for (auto left = 1 + dice_.below(4); left > 0; --left)
      made.push_back({steps[dice_.below(std::size(steps))], static_cast<unsigned>(1 + dice_.below(3)),
                      std::chrono::nanoseconds(chance(2) ? 0 : dice_.below(5'000'000))});
    return made;
  }

  platform::random_stream dice_;
  const bool mortal_;  ///< some may end for good
  const bool failing_; ///< supervisors give up soon
  int supervisors_ = 0;
};

} // namespace vesta::test
