#include "vesta/platform/interrupt.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace vesta::platform {

namespace {

constexpr int signals[] = {SIGINT, SIGTERM, SIGHUP};

// A signal handler has no other way to reach them. The event count is never read, so that it stays ready for
// all who wait.
int event = -1;
std::atomic<bool> signalled = false;
struct sigaction before[std::size(signals)];

void remember(int) {
  const int error = errno;
  signalled = true;
  ::eventfd_write(event, 1);
  errno = error;
}

} // namespace

interrupt::interrupt() {
  signalled = false;
  event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = remember;
  action.sa_flags = SA_RESTART | static_cast<int>(SA_RESETHAND);
  for (std::size_t i = 0; i < std::size(signals); ++i) ::sigaction(signals[i], &action, &before[i]);
}

interrupt::~interrupt() {
  for (std::size_t i = 0; i < std::size(signals); ++i) ::sigaction(signals[i], &before[i], nullptr);
  ::close(event);
}

bool interrupt::came() const { return signalled; }

bool interrupt::wait(nanoseconds timeout) const {
  const auto end = steady_clock().now() + timeout;
  while (!signalled) {
    const auto left = end - steady_clock().now();
    if (left <= 0) break;
    const timespec time{left / 1'000'000'000, left % 1'000'000'000};
    pollfd waited{event, POLLIN, 0};
    ::ppoll(&waited, 1, &time, nullptr);
  }
  return signalled;
}

} // namespace vesta::platform
