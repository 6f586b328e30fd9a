#include "vesta/runtime/control_desk.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vesta/platform/clock.hpp"
#include "vesta/runtime/game.hpp"
#include "vesta/runtime/node.hpp"

namespace vesta {
namespace {

constexpr std::int64_t second = 1'000'000'000;
constexpr std::int64_t write_every_ns = second / 10;

/// What fits, for a number that does not.
template <class Small, class Big>
Small clipped(Big value) {
  return static_cast<Small>(std::clamp<Big>(value, 0, std::numeric_limits<Small>::max()));
}

std::uint32_t ns_of(std::int64_t value) { return clipped<std::uint32_t>(value); }

void put_times(control_record& record, const histogram& times) {
  record.p50_ns = ns_of(times.quantile(0.5));
  record.p99_ns = ns_of(times.quantile(0.99));
  record.max_ns = ns_of(times.max_ns);
}

control_record record_of(const module_figures& module) {
  control_record record{.kind = record_kind::module,
                        .state = module.parked ? parked_state : static_cast<std::uint8_t>(module.at),
                        .last_error = static_cast<std::uint16_t>(module.last_error),
                        .version = clipped<std::uint32_t>(module.version),
                        .count = module.steps.count,
                        .failures = clipped<std::uint32_t>(module.failures),
                        .recoveries = clipped<std::uint32_t>(module.failures)};
  put_name(record.name, module.module);
  put_times(record, module.steps);
  return record;
}

control_record record_of(const kind_counters& kind) {
  control_record record{.kind = record_kind::actors,
                        .count = kind.handled,
                        .failures = clipped<std::uint32_t>(kind.failures),
                        .recoveries = clipped<std::uint32_t>(kind.recovered),
                        .waiting = clipped<std::uint32_t>(kind.waiting),
                        .actors = clipped<std::uint32_t>(kind.actors)};
  put_name(record.name, kind.kind);
  put_times(record, kind.handler_times);
  return record;
}

std::uint16_t permille(std::optional<double> share) {
  return share ? static_cast<std::uint16_t>(std::lround(*share * 1000)) : no_share;
}

void put_rates(control_header& header, const node_counters& before, const node_counters& now) {
  header.performance_busy_permille = permille(busy_share(before, now, platform::core_class::performance));
  header.efficiency_busy_permille = permille(busy_share(before, now, platform::core_class::efficiency));
  const auto seconds = static_cast<double>(now.at_ns - before.at_ns) / second;
  const auto sent = static_cast<double>(now.total().sent - before.total().sent);
  header.messages_per_second = seconds > 0 ? clipped<std::uint32_t>(sent / seconds) : 0;
}

} // namespace

control_page page_of(const run_report& report, const node_counters& counters) {
  control_page page;
  const auto total = counters.total();
  const auto& frames = report.frames;
  page.header = {.frame = frames.frames,
                 .messages = total.sent,
                 .late_frames = clipped<std::uint32_t>(frames.late),
                 .frame_p50_ns = ns_of(frames.times.quantile(0.5)),
                 .frame_p99_ns = ns_of(frames.times.quantile(0.99)),
                 .frame_max_ns = ns_of(frames.times.max_ns),
                 .waiting = clipped<std::uint32_t>(total.waiting)};
  std::uint64_t failures = total.failures, recovered = total.recovered;
  for (const auto& each : report.modules) {
    page.add(record_of(each));
    failures += each.failures;
    recovered += each.failures;
  }
  for (const auto& each : counters.kinds) page.add(record_of(each));
  page.header.failures = clipped<std::uint32_t>(failures);
  page.header.recoveries = clipped<std::uint32_t>(recovered);
  return page;
}

control_desk::control_desk(const platform::clock& time, const game_description& game) : time_(time) {
  about_.begun_ns = time.now();
  about_.rate_hz = static_cast<float>(game.rate_hz);
  about_.budget_ns = ns_of(static_cast<std::int64_t>(std::min(game.budget_ms, 1e6) * 1e6));
  put_name(about_.game, game.name);
}

absl::Status control_desk::open(platform::shared_pages& pages, int pid) {
  pages.remove_dead(control_page_prefix);
  auto made = pages.create(control_page_name(pid));
  if (!made.ok()) return made.status();
  page_ = *std::move(made);
  about_.pid = pid;
  return absl::OkStatus();
}

void control_desk::connect(const node& actors) {
  actors_ = &actors;
  a_second_ago_ = actors.counters();
}

void control_desk::show(const run_report& report) {
  const auto now = time_.now();
  if (!page_ || !actors_ || now < next_ns_) return;
  next_ns_ = now + write_every_ns;
  auto counters = actors_->counters();
  if (about_.written_ns == 0 || counters.at_ns - a_second_ago_.at_ns >= second) {
    put_rates(about_, a_second_ago_, counters);
    a_second_ago_ = counters;
  }
  about_.written_ns = now;

  auto page = page_of(report, counters);
  auto& header = page.header;
  header.pid = about_.pid;
  header.begun_ns = about_.begun_ns;
  header.written_ns = now;
  header.messages_per_second = about_.messages_per_second;
  header.budget_ns = about_.budget_ns;
  header.rate_hz = about_.rate_hz;
  header.performance_busy_permille = about_.performance_busy_permille;
  header.efficiency_busy_permille = about_.efficiency_busy_permille;
  put_name(header.game, name_in(about_.game));
  write_control_page(*page_, page);
}

} // namespace vesta
