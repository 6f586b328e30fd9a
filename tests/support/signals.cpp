// Catch2's main handles crash signals during each test case, in the place of the crash guard's handlers. The
// linker leads its calls here (--wrap=sigaction), and those for what the guard handles change nothing.

#include <csignal>

extern "C" int __real_sigaction(int signal, const struct sigaction* action, struct sigaction* before);

extern "C" int __wrap_sigaction(int signal, const struct sigaction* action, struct sigaction* before) {
  const bool crash =
      signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE || signal == SIGILL || signal == SIGABRT;
  return __real_sigaction(signal, crash ? nullptr : action, before);
}
