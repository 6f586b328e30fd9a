#pragma once

// What the strategies of Vesta have in common.

#include <algorithm>
#include <chrono>
#include <string>
#include <unordered_map>

#include "vesta/actors/recovery/recovery.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/runtime/actor.hpp"

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

/// `first`, doubled with each attempt up to `most`, and up to a quarter more or less by chance, so that those
/// that failed together do not come back together.
inline std::chrono::nanoseconds pause_before(context& self, std::uint32_t attempt,
                                             std::chrono::nanoseconds first, std::chrono::nanoseconds most) {
  auto random = self.random("pause");
  const auto doubled = std::min(first * (std::int64_t{1} << std::min(attempt, 30U)), most);
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(static_cast<double>(doubled.count()) * (0.75 + random.unit() / 2)));
}

/// How long to wait before an actor is trusted with more again: `first`, twice as long each time that it
/// relapses within `well_after`, and at most `most`.
class patience {
public:
  std::chrono::nanoseconds next(const std::string& actor, std::int64_t now_ns) {
    using namespace std::chrono_literals;
    auto& known = actors_[actor];
    const bool relapsed =
        known.pause.count() > 0 && now_ns - known.at_ns < std::chrono::nanoseconds(10min).count();
    known = {relapsed ? std::min<std::chrono::nanoseconds>(known.pause * 2, 1min) : 1s, now_ns};
    return known.pause;
  }

private:
  struct relapse {
    std::chrono::nanoseconds pause{0};
    std::int64_t at_ns = 0;
  };
  std::unordered_map<std::string, relapse> actors_;
};

} // namespace vesta
