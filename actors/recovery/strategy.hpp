#pragma once

// What the strategies of Vesta have in common.

#include <chrono>
#include <string>
#include <unordered_map>

#include "vesta/actors/recovery/recovery.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/runtime/actor.hpp"
#include "vesta/runtime/backoff.hpp"
#include "vesta/runtime/recovery_chain.hpp"

namespace vesta {

/// Tells the supervisor what to do.
inline void act(context& self, const recovery_order& order, remedy action,
                std::chrono::nanoseconds pause = {}) {
  self.send(order.what.supervisor, recovery_step{.failure_id = order.what.cause.id,
                                                 .actor = order.what.cause.actor,
                                                 .action = action,
                                                 .pause = pause});
}

/// Lets the coordinator choose another.
inline void decline(context& self, const recovery_order& order) {
  self.send(self.peer<error_coordinator_actor>("error_coordinator"), recovery_declined{order.what.cause.id});
}

/// 1 ms, doubled with each attempt, and up to a quarter more or less by chance, so that those that failed
/// together do not come back together.
inline std::chrono::nanoseconds pause_before(context& self, std::uint32_t attempt) {
  return pause_before(chain_step{.pause = std::chrono::milliseconds(1)}, attempt,
                      self.random("pause").unit());
}

/// The time to trust an actor with more again has come.
struct second_chance {
  caf::actor patient;
};
VESTA_MESSAGE(second_chance);

/// A strategy that takes something from an actor and gives it back later by sending it a `Return`: after 1 s,
/// and after twice as long each time that it relapses, up to a minute; 10 minutes without a relapse forget
/// it.
template <class Return>
class temporary_strategy {
public:
  using interface = strategy_actor;
  using own = own_messages<second_chance>;
  /// `limit` says how often the strategy can be tried on one trouble.
  temporary_strategy(context& self, remedy by, std::uint32_t (*limit)(const recovery_case&))
      : self_(self), by_(by), limit_(limit) {}

  void on(const recovery_order& order) {
    if (!order.what.able.has(by_) || order.attempt >= limit_(order.what)) return decline(self_, order);
    act(self_, order, by_);
    auto dice = self_.random("pause");
    auto& pauses = pauses_.try_emplace(order.what.cause.actor, relapses).first->second;
    self_.after(std::chrono::nanoseconds(pauses.next_pause(self_.now(), dice)),
                second_chance{order.what.patient});
  }

  void on(const second_chance& what) { self_.send(what.patient, Return{}); }

private:
  static constexpr backoff_settings relapses{
      .first_ns = 1'000'000'000, .most_ns = 60'000'000'000, .jitter = 0, .healthy_ns = 600'000'000'000};

  context& self_;
  const remedy by_;
  std::uint32_t (*const limit_)(const recovery_case&);
  std::unordered_map<std::string, backoff> pauses_; ///< by actor
};

} // namespace vesta
