#pragma once

#include <cstdint>
#include <string>

#include "vesta/platform/library.hpp"

namespace vesta::platform {

/// What ended a guarded call before it returned.
struct crash {
  int signal =
      0; ///< SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT; SIGALRM for a call past its limit; 0: a C++ exception
  std::uintptr_t address = 0; ///< that was touched (SIGSEGV, SIGBUS), else 0
  std::uintptr_t pc = 0;      ///< where it happened; 0 for an exception
};

/// "SIGSEGV touching 0x10 at fire: spread+0x1a4".
std::string describe(const crash& what);

using guarded_function = void (*)(void* argument);

/// Calls `function(argument)` so that a crash in it, a stack overflow included, comes back here instead of
/// ending the process. Destructors of the crashed call do not run (they do for an exception, which ends here
/// too): for code that owns nothing but what the host can take back. A fault inside `code` or anything that
/// it calls is caught; a fault of another thread, or outside a guarded call, goes to whoever handled that
/// signal before. After `limit_ns` (0: none; processor time is not meant, elapsed time is) the call is
/// abandoned if it is found inside `code`; one found elsewhere (in malloc, say) gets another look each 100
/// µs. A thread that the system refuses a timer runs without limit. Returns true when the call returned by
/// itself; else fills `out`, and the floating-point environment is as before the call. Any thread; calls do
/// not nest. Uses the thread's alternate signal stack, and makes one where there is none.
bool guarded_call(guarded_function function, void* argument, const address_range& code, std::int64_t limit_ns,
                  crash& out);

/// Installs the handlers. Idempotent; `guarded_call` does it by itself, but a host may prefer to say when.
/// Handlers that are there already stay in charge of all other faults; a host that installs its own later has
/// to chain to these.
void install_crash_guard();

} // namespace vesta::platform
