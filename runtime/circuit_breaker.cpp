#include "vesta/runtime/circuit_breaker.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace vesta {

absl::Status check(const circuit_breaker_settings& settings) {
  const auto refuse = [](std::string_view name, auto value, std::string_view range) {
    return absl::InvalidArgumentError(
        fmt::format("a circuit breaker's {} is {}; it is {}", name, value, range));
  };
  if (settings.window_calls < 1 || settings.window_calls > 256)
    return refuse("window_calls", settings.window_calls, "from 1 to 256");
  if (settings.min_calls < 1 || settings.min_calls > settings.window_calls)
    return refuse("min_calls", settings.min_calls,
                  fmt::format("from 1 to window_calls, which is {}", settings.window_calls));
  if (settings.failure_percent < 1 || settings.failure_percent > 100)
    return refuse("failure_percent", settings.failure_percent, "from 1 to 100");
  constexpr platform::nanoseconds year = 365L * 86'400'000'000'000;
  if (settings.open_ns <= 0 || settings.open_ns > year)
    return refuse("open_ns", settings.open_ns, "above 0 and a year at most");
  if (settings.probes < 1 || settings.probes > 64) return refuse("probes", settings.probes, "from 1 to 64");
  if (settings.probe_lease_ns <= 0 || settings.probe_lease_ns > year)
    return refuse("probe_lease_ns", settings.probe_lease_ns, "above 0 and a year at most");
  return absl::OkStatus();
}

circuit_breaker::circuit_breaker(const circuit_breaker_settings& settings)
    : settings_(settings), probes_({.at_once = settings.probes, .lease_ns = settings.probe_lease_ns}) {}

std::optional<circuit_breaker::permit> circuit_breaker::enter(platform::nanoseconds now) {
  if (state_ == state::closed) return permit{period_, {}};
  if (state_ == state::open) {
    if (now - began_at_ < settings_.open_ns) return std::nullopt;
    begin(state::half_open, now);
  }
  // No more probes than are still needed to close.
  if (probes_.in_use(now) + succeeded_ >= settings_.probes) return std::nullopt;
  return permit{period_, *probes_.enter(now)};
}

void circuit_breaker::record(permit& of, bool succeeded, platform::nanoseconds now) {
  const auto used = of;
  of = {};
  if (used.period != period_) return;
  if (state_ == state::closed) {
    add(!succeeded);
    const bool enough = calls_ >= settings_.min_calls;
    if (enough && failures_ * 100 >= settings_.failure_percent * calls_) begin(state::open, now);
  } else if (probes_.leave(used.probe, now)) {
    if (!succeeded)
      begin(state::open, now);
    else if (++succeeded_ == settings_.probes)
      begin(state::closed, now);
  }
}

void circuit_breaker::cancel(permit& of, platform::nanoseconds now) {
  if (of.period == period_ && state_ == state::half_open) probes_.leave(of.probe, now);
  of = {};
}

platform::nanoseconds circuit_breaker::next_chance(platform::nanoseconds now) const {
  if (state_ == state::open) return std::max(now, began_at_ + settings_.open_ns);
  if (state_ == state::half_open) return std::max(now, probes_.next_end().value_or(now));
  return now;
}

void circuit_breaker::add(bool failed) {
  auto& word = failed_[next_bit_ / 64];
  const auto bit = std::uint64_t{1} << next_bit_ % 64;
  if (calls_ == settings_.window_calls)
    failures_ -= (word & bit) != 0; // the oldest one leaves
  else
    ++calls_;
  word = failed ? word | bit : word & ~bit;
  failures_ += failed;
  if (++next_bit_ == settings_.window_calls) next_bit_ = 0;
}

void circuit_breaker::begin(state next, platform::nanoseconds now) {
  state_ = next;
  began_at_ = now;
  if (++period_ == 0) period_ = 1;
  probes_.clear();
  succeeded_ = next_bit_ = calls_ = failures_ = 0;
}

} // namespace vesta
