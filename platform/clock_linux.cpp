#include "vesta/platform/clock.hpp"

#include <ctime>

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

} // namespace vesta::platform
