#include "vesta/runtime/backoff.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace vesta {

absl::Status check(const backoff_settings& settings) {
  const auto refuse = [](std::string_view name, auto value, std::string_view range) {
    return absl::InvalidArgumentError(fmt::format("a back-off's {} is {}; it is {}", name, value, range));
  };
  constexpr platform::nanoseconds month = 30L * 86'400'000'000'000;
  if (settings.first_ns <= 0) return refuse("first_ns", settings.first_ns, "above 0");
  if (!(settings.factor >= 1 && settings.factor <= 100)) // a NaN is neither
    return refuse("factor", settings.factor, "from 1 to 100");
  if (settings.most_ns < settings.first_ns || settings.most_ns > month)
    return refuse("most_ns", settings.most_ns,
                  fmt::format("from first_ns, which is {}, to 30 days", settings.first_ns));
  if (!(settings.jitter >= 0 && settings.jitter <= 1))
    return refuse("jitter", settings.jitter, "from 0 to 1");
  if (settings.healthy_ns < 0) return refuse("healthy_ns", settings.healthy_ns, "0 or above");
  return absl::OkStatus();
}

platform::nanoseconds backoff::next_pause(platform::nanoseconds now, platform::random_stream& random) {
  const bool first = full_ns_ == 0 || now - tried_at_ >= settings_.healthy_ns;
  const auto longer =
      std::min(static_cast<double>(full_ns_) * settings_.factor, static_cast<double>(settings_.most_ns));
  full_ns_ = first ? settings_.first_ns : static_cast<platform::nanoseconds>(longer);
  const auto share = 1 - settings_.jitter * random.unit();
  const auto pause = static_cast<platform::nanoseconds>(static_cast<double>(full_ns_) * share);
  tried_at_ = now + pause;
  return pause;
}

} // namespace vesta
