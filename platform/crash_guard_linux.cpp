#include <algorithm>
#include <array>
#include <cassert>
#include <cfenv>
#include <csetjmp>
#include <csignal>
#include <ctime>
#include <fmt/format.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "vesta/platform/crash_guard.hpp"

// libc's sigaction by the name that no sanitizer replaces. ThreadSanitizer's own holds a timer's signal back
// until the next library call, which an endless loop never makes, and blocks all signals while a handler
// runs.
extern "C" int libc_sigaction(int, const struct sigaction*, struct sigaction*) noexcept asm("__sigaction");

namespace vesta::platform {
namespace {

constexpr std::array faults{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
constexpr std::int64_t second_look_ns = 100'000;
constexpr std::size_t signal_stack_bytes = 64 << 10;

struct running_call {
  sigjmp_buf resume;
  address_range code;
  crash what;
};

// Handlers read it, so it lies where reading never allocates.
__attribute__((tls_model("initial-exec"))) thread_local running_call* volatile current = nullptr;

// Who handled each signal before; written before our handler is in place, and never again.
struct sigaction previous[SIGSYS + 1];

// Its address marks our timers' signals.
char timer_mark;

#define VESTA_IN_HANDLER __attribute__((no_sanitize("thread"))) // may interrupt the sanitizer's own code

VESTA_IN_HANDLER std::uintptr_t program_counter(const void* context) {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  return static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return machine.pc;
#endif
}

/// Does what would have happened without us.
VESTA_IN_HANDLER void pass_on(int signal, siginfo_t* info, void* context) {
  const struct sigaction& before = previous[signal];
  const bool was_sent = info->si_code <= 0;
  if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction(signal, info, context);
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(signal);
  if (before.sa_handler == SIG_IGN && was_sent) return;
  struct sigaction standard = {};
  standard.sa_handler = SIG_DFL;
  libc_sigaction(signal, &standard, nullptr);
  if (was_sent)
    raise(signal); // a fault comes again by itself, at the instruction that the core dump should show
}

[[noreturn]] VESTA_IN_HANDLER void abandon(running_call& call, const crash& what) {
  call.what = what;
  current = nullptr;
  siglongjmp(call.resume, 1);
}

VESTA_IN_HANDLER void on_fault(int signal, siginfo_t* info, void* context) {
  running_call* call = current;
  // The kernel's own, or abort() and raise() of this process; not somebody's `kill -ABRT`.
  const bool ours = info->si_code > 0 || (info->si_code == SI_TKILL && info->si_pid == getpid());
  if (call == nullptr || !ours) return pass_on(signal, info, context);
  const bool touched = info->si_code > 0 && (signal == SIGSEGV || signal == SIGBUS);
  abandon(*call,
          {signal, touched ? reinterpret_cast<std::uintptr_t>(info->si_addr) : 0, program_counter(context)});
}

VESTA_IN_HANDLER void on_timer(int signal, siginfo_t* info, void* context) {
  if (info->si_code != SI_TIMER || info->si_value.sival_ptr != &timer_mark)
    return pass_on(signal, info, context);
  running_call* call = current;
  const std::uintptr_t pc = program_counter(context);
  // Outside the module a lock may be held. A call that has just returned is no longer ours to end.
  if (call != nullptr && call->code.begin <= pc && pc < call->code.end) abandon(*call, {signal, 0, pc});
}

void install(int signal, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action = {};
  action.sa_sigaction = handler;
  // SA_NODEFER: the jump out of the handler restores no mask (98 ns a call), so there must be nothing to
  // restore.
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | (signal == SIGALRM ? SA_RESTART : 0);
  libc_sigaction(signal, nullptr, &previous[signal]);
  libc_sigaction(signal, &action, nullptr);
}

/// What a thread needs before its first guarded call.
class thread_equipment {
public:
  thread_equipment() {
    install_crash_guard();
    // The kernel ends a process whose thread faults while it blocks the fault's signal.
    sigset_t needed;
    sigemptyset(&needed);
    for (const int signal : faults) sigaddset(&needed, signal);
    sigaddset(&needed, SIGALRM);
    pthread_sigmask(SIG_UNBLOCK, &needed, nullptr);
    stack_t there = {};
    sigaltstack(nullptr, &there);
    // Sanitizers and some hosts give their threads one, and count on finding it when the thread ends.
    if ((there.ss_flags & SS_DISABLE) != 0) make_stack();
  }

  ~thread_equipment() {
    if (has_timer()) timer_delete(timer_);
    if (stack_.ss_sp == nullptr) return;
    stack_t none = {};
    none.ss_flags = SS_DISABLE;
    sigaltstack(&none, nullptr);
    munmap(stack_.ss_sp, stack_.ss_size);
  }

  thread_equipment(const thread_equipment&) = delete;
  thread_equipment& operator=(const thread_equipment&) = delete;

  void arm(std::int64_t limit_ns) {
    if (has_timer() || make_timer()) set_timer(limit_ns, second_look_ns);
  }
  void disarm() {
    if (has_timer()) set_timer(0, 0);
  }

private:
  void make_stack() {
    const std::size_t size = std::max(signal_stack_bytes, static_cast<std::size_t>(sysconf(_SC_SIGSTKSZ)));
    void* memory =
        mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) return;
    stack_.ss_sp = memory;
    stack_.ss_size = size;
    sigaltstack(&stack_, nullptr);
  }

  /// A forked child has its parent's variables but none of its timers.
  bool has_timer() const { return timer_of_ != 0 && timer_of_ == getpid(); }

  bool make_timer() {
    sigevent event = {};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = SIGALRM; // debuggers let it through without stopping
    event.sigev_value.sival_ptr = &timer_mark;
    event._sigev_un._tid = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, &timer_) != 0) return false;
    timer_of_ = getpid();
    return true;
  }

  void set_timer(std::int64_t first_ns, std::int64_t interval_ns) {
    constexpr std::int64_t second = 1'000'000'000;
    itimerspec when = {};
    when.it_value = {first_ns / second, first_ns % second};
    when.it_interval = {0, interval_ns};
    timer_settime(timer_, 0, &when, nullptr);
  }

  stack_t stack_ = {};
  timer_t timer_ = {};
  pid_t timer_of_ = 0; // the process that has the timer; 0: none
};

thread_local thread_equipment equipment;

/// False when an exception ended it. Apart from `guarded_call`, whose frame the jump lands in.
bool returns(guarded_function function, void* argument, running_call& call, std::int64_t limit_ns) {
  thread_equipment& mine = equipment; // made here, at a thread's first call
  current = &call;
  if (limit_ns > 0) mine.arm(limit_ns);
  try {
    function(argument);
    return true;
  } catch (...) {
    return false;
  }
}

} // namespace

bool guarded_call(guarded_function function, void* argument, const address_range& code, std::int64_t limit_ns,
                  crash& out) {
  assert(current == nullptr);
  running_call call;
  call.code = code;
  call.what = {};
  // A signal handler starts with the system's floating-point settings, and leaving it by a jump keeps them.
  std::fenv_t settings;
  std::fegetenv(&settings);
  volatile bool completed = false;
  if (sigsetjmp(call.resume, 0) == 0) completed = returns(function, argument, call, limit_ns);
  current = nullptr;
  if (limit_ns > 0) equipment.disarm();
  if (completed) return true;
  std::fesetenv(&settings);
  out = call.what;
  return false;
}

void install_crash_guard() {
  static const bool installed = [] {
    for (const int signal : faults) install(signal, on_fault);
    install(SIGALRM, on_timer);
    return true;
  }();
  static_cast<void>(installed);
}

std::string describe(const crash& what) {
  if (what.signal == 0) return "a C++ exception left the call";
  const std::string place = describe_address(what.pc);
  if (what.signal == SIGALRM) return fmt::format("still running after its time limit, at {}", place);
  const char* name = sigabbrev_np(what.signal);
  if (what.signal == SIGSEGV || what.signal == SIGBUS)
    return fmt::format("SIG{} touching {:#x} at {}", name, what.address, place);
  return fmt::format("SIG{} at {}", name, place);
}

} // namespace vesta::platform
