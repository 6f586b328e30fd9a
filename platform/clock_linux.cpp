#include "vesta/platform/clock.hpp"

#include <chrono>
#include <ctime>
#include <fmt/format.h>

namespace vesta::platform {

namespace {

nanoseconds read(clockid_t id) {
  timespec time{};
  clock_gettime(id, &time);
  return nanoseconds{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

class linux_clock final : public clock {
public:
  nanoseconds now() const override { return read(CLOCK_MONOTONIC); }
  nanoseconds wall() const override { return read(CLOCK_REALTIME); }
};

} // namespace

clock& steady_clock() {
  static clock& instance = *new linux_clock; // never destroyed: threads of statics read it to the very end
  return instance;
}

std::string utc_text(nanoseconds wall_ns) {
  using namespace std::chrono;
  const sys_time<std::chrono::nanoseconds> at{std::chrono::nanoseconds{wall_ns}};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{floor<milliseconds>(at - day)};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

} // namespace vesta::platform
