#include "vesta/platform/thread.hpp"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "vesta/platform/topology.hpp"

namespace vesta::platform {

namespace {

bool pin(const std::vector<int>& cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cores.empty() && sched_getaffinity(getpid(), sizeof set, &set) != 0) return false;
  for (int core : cores) {
    if (core < 0 || core >= CPU_SETSIZE) return false;
    CPU_SET(static_cast<unsigned>(core), &set);
  }
  return sched_setaffinity(0, sizeof set, &set) == 0;
}

} // namespace

bool pin_this_thread(const std::vector<int>& cores, const std::string& name) {
  const bool named = pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()) == 0;
  return pin(cores) && named;
}

void settle_helper_thread(const std::string& name, const std::vector<int>& cores) {
  pin_this_thread(cores, name);
  sigset_t all;
  sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

int current_core() { return sched_getcpu(); }

std::vector<int> possible_cores() {
  std::ifstream file("/sys/devices/system/cpu/possible");
  std::string list;
  if (!std::getline(file, list)) return {};
  auto cores = parse_core_list(list);
  return cores.ok() ? *std::move(cores) : std::vector<int>{};
}

memory_use process_memory() {
  memory_use use;
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const auto kib = [&] { return std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 10); };
    if (line.starts_with("VmRSS:")) use.resident_bytes = kib() * 1024;
    if (line.starts_with("VmHWM:")) use.peak_bytes = kib() * 1024;
  }
  return use;
}

} // namespace vesta::platform
