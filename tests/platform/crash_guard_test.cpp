#include "vesta/platform/crash_guard.hpp"

#include <catch2/catch.hpp>
#include <cfenv>
#include <csignal>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "platform/compiled_module.hpp"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

using Catch::Contains;
using namespace vesta::platform;

namespace {

const char* const source = R"(
#include <signal.h>
#include <stdlib.h>
#include <fenv.h>
#define STEP __attribute__((visibility("default"), noinline)) void
static const int constant[1024] = {1};
STEP good(int* calls) { ++*calls; }
STEP null_write(int* unused) { (void)unused; *(volatile int*)0x10 = 1; }
STEP read_only_write(int* unused) { (void)unused; *(volatile int*)&constant[512] = 2; }
STEP divide(int* zero) { *zero = 7 / *zero; }
STEP illegal(int* unused) { (void)unused; __builtin_trap(); }
STEP give_up(int* unused) { (void)unused; abort(); }
static int deep(volatile char* above) {
  volatile char here[512];
  here[0] = *above;
  return deep(here) + here[0];
}
STEP overflow(int* depth) { char top = 0; *depth = deep(&top); }
STEP loop(int* count) { for (volatile int* n = count;; *n = *n + 1) {} }
STEP spin(int* count) { for (volatile int* n = count; *n < 30000000; *n = *n + 1) {} }
STEP allocate(int* count) { for (;; ++*count) { void* volatile p = malloc(100); free(p); } }
STEP round_up(int* unused) { fesetround(FE_UPWARD); *(volatile int*)0x10 = 1; (void)unused; }
STEP call_back(int* callback) { void (*function)(void) = *(void (**)(void))callback; function(); }
)";

class crashing_module {
public:
  crashing_module() {
    const auto image = vesta::test::compiled(source, "-O1 -fno-optimize-sibling-calls -fexceptions -lm");
    if (!image) return;
    auto loaded = real_libraries().load(*image, "trouble");
    REQUIRE(loaded.ok());
    library_ = std::move(*loaded);
  }
  explicit operator bool() const { return library_ != nullptr; }
  guarded_function function(const char* name) const {
    return reinterpret_cast<guarded_function>(library_->symbol(name));
  }
  address_range range() const { return library_->range(); }

private:
  std::unique_ptr<library> library_;
};

/// Compiled once for all tests; false when there is no compiler.
const crashing_module& trouble() {
  static const crashing_module module;
  return module;
}

struct outcome {
  bool returned;
  crash what;
};

outcome run(const char* function, std::int64_t limit_ns = 0) {
  int number = 0;
  crash what;
  const bool returned =
      guarded_call(trouble().function(function), &number, trouble().range(), limit_ns, what);
  return {returned, what};
}

bool in_module(const crash& what) { return trouble().range().holds(what.pc); }

constexpr std::int64_t two_ms = 2'000'000;

/// Runs one hidden test of this program in a process of its own; its exit status, or minus the signal that
/// ended it.
int run_alone(const std::string& tag) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const int status = std::system(("'" + self + "' '" + tag + "' >/dev/null 2>&1").c_str());
  // The shell reports a signal as 128 + its number.
  const int code = WEXITSTATUS(status);
  return code > 128 ? 128 - code : code;
}

void exit_with_42(int) { _exit(42); }

} // namespace

TEST_CASE("a guarded call that returns says so", "[concurrent]") {
  if (!trouble()) return;
  int calls = 0;
  crash what;
  CHECK(guarded_call(trouble().function("good"), &calls, trouble().range(), 0, what));
  CHECK(guarded_call(trouble().function("good"), &calls, trouble().range(), 1'000'000'000, what));
  CHECK(calls == 2);
  CHECK(what.signal == 0);
}

TEST_CASE("a write to null comes back with its address and place", "[concurrent]") {
  if (!trouble()) return;
  const auto [returned, what] = run("null_write");
  CHECK_FALSE(returned);
  CHECK(what.signal == SIGSEGV);
  CHECK(what.address == 0x10);
  CHECK(in_module(what));
  CHECK_THAT(describe(what), Catch::StartsWith("SIGSEGV touching 0x10 at trouble: null_write+0x"));
}

TEST_CASE("a write to read-only memory comes back", "[concurrent]") {
  if (!trouble()) return;
  const auto [returned, what] = run("read_only_write");
  CHECK_FALSE(returned);
  CHECK(what.signal == SIGSEGV);
  CHECK(trouble().range().holds(what.address));
}

TEST_CASE("a division by zero, an illegal instruction and abort come back", "[concurrent]") {
  if (!trouble()) return;
  const auto division = run("divide"), instruction = run("illegal"), abortion = run("give_up");
  CHECK_FALSE(division.returned);
  CHECK(division.what.signal == SIGFPE);
  CHECK_THAT(describe(division.what), Catch::StartsWith("SIGFPE at trouble: divide"));
  CHECK_FALSE(instruction.returned);
  CHECK(instruction.what.signal == SIGILL);
  CHECK_FALSE(abortion.returned);
  CHECK(abortion.what.signal == SIGABRT);
  CHECK(abortion.what.address == 0);
}

TEST_CASE("a stack overflow comes back, on the main thread and on another, more than once", "[concurrent]") {
  if (!trouble()) return;
  for (int i = 0; i < 2; ++i) {
    CHECK(run("overflow").what.signal == SIGSEGV);
    outcome other{};
    std::thread([&] { other = run("overflow"); }).join();
    CHECK_FALSE(other.returned);
    CHECK(other.what.signal == SIGSEGV);
    CHECK(in_module(other.what));
  }
}

TEST_CASE("an endless loop ends at its limit, inside the module", "[concurrent]") {
  if (!trouble()) return;
  for (int i = 0; i < 3; ++i) {
    const auto [returned, what] = run("loop", two_ms);
    CHECK_FALSE(returned);
    CHECK(what.signal == SIGALRM);
    CHECK(in_module(what));
    CHECK_THAT(describe(what), Contains("time limit") && Contains("trouble: loop"));
  }
}

TEST_CASE("a loop around malloc is left with malloc's locks free", "[concurrent]") {
  if (!trouble()) return;
  std::thread second([] {}); // malloc takes its locks only in a process that has had threads
  second.join();
#ifdef __SANITIZE_ADDRESS__
  const __lsan::ScopedDisabler
      abandoned; // what the module had allocated when it was left is lost, as promised
#endif
  for (int i = 0; i < 20; ++i) {
    const auto [returned, what] = run("allocate", two_ms / 4);
    CHECK_FALSE(returned);
    CHECK(in_module(what));
    const std::string heap(1000, 'x');
    CHECK(heap.size() == 1000);
  }
}

TEST_CASE("a limit that was not reached leaves nothing behind", "[concurrent]") {
  if (!trouble()) return;
  CHECK(run("good", two_ms).returned);
  // Found in the module for some 50 ms, so the first call's timer would end it, were it still running.
  CHECK(run("spin").returned);
}

TEST_CASE("one thread survives crash after crash of every kind", "[concurrent]") {
  if (!trouble()) return;
  int survived = 0;
  for (int i = 0; i < 50; ++i)
    for (const char* kind : {"null_write", "divide", "illegal", "give_up", "read_only_write"})
      survived += !run(kind, i % 2 ? 1'000'000'000 : 0).returned;
  CHECK(survived == 250);
  CHECK(run("good").returned);
}

TEST_CASE("threads crash at once, each into its own call", "[concurrent]") {
  if (!trouble()) return;
  const auto count = [](const char* kind, int signal, int& right) {
    for (int i = 0; i < 200; ++i) right += run(kind).what.signal == signal;
  };
  int segmentation = 0, division = 0, aborted = 0;
  std::thread first(count, "null_write", SIGSEGV, std::ref(segmentation));
  std::thread second(count, "divide", SIGFPE, std::ref(division));
  count("give_up", SIGABRT, aborted);
  first.join();
  second.join();
  CHECK(segmentation == 200);
  CHECK(division == 200);
  CHECK(aborted == 200);
}

TEST_CASE("an exception that leaves the call ends there, and its destructors run", "[concurrent]") {
  if (!trouble()) return;
  static int destroyed = 0;
  void (*thrower)() = [] {
    struct owner {
      ~owner() { ++destroyed; }
    } mine;
    throw std::runtime_error("from the module");
  };
  crash what{SIGSEGV, 1, 1};
  CHECK_FALSE(guarded_call(trouble().function("call_back"), &thrower, trouble().range(), 0, what));
  CHECK(what.signal == 0);
  CHECK(destroyed == 1);
  CHECK_THAT(describe(what), Contains("exception"));
}

TEST_CASE("a crash leaves the floating-point settings as they were", "[concurrent]") {
  if (!trouble()) return;
  REQUIRE(std::fesetround(FE_DOWNWARD) == 0);
  const auto [returned, what] = run("round_up");
  const int rounding = std::fegetround();
  std::fesetround(FE_TONEAREST);
  CHECK_FALSE(returned);
  CHECK(rounding == FE_DOWNWARD);
}

TEST_CASE("a thread that blocks signals is guarded too", "[concurrent]") {
  if (!trouble()) return;
  outcome crashed{}, looped{};
  std::thread([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    crashed = run("null_write");
    looped = run("loop", two_ms);
  }).join();
  CHECK(crashed.what.signal == SIGSEGV);
  CHECK(looped.what.signal == SIGALRM);
}

TEST_CASE("a forked child is guarded with limits of its own", "[concurrent]") {
  if (!trouble()) return;
  REQUIRE_FALSE(run("loop", two_ms).returned);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) _exit(run("loop", two_ms).what.signal);
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == SIGALRM);
}

TEST_CASE("a fault outside a guarded call goes to whoever had the signal before", "[concurrent]") {
  CHECK(run_alone("[fault_with_handler]") == 42);
  CHECK(run_alone("[alarm_with_handler]") == 42);
  CHECK(run_alone("[fault_without_handler]") != 0);
  CHECK(run_alone("[abort_without_handler]") == -SIGABRT);
}

TEST_CASE("in a process of its own: a fault, a handler was there", "[.fault_with_handler]") {
  std::signal(SIGFPE, exit_with_42);
  install_crash_guard();
  raise(SIGFPE);
}

TEST_CASE("in a process of its own: an alarm, a handler was there", "[.alarm_with_handler]") {
  std::signal(SIGALRM, exit_with_42);
  install_crash_guard();
  raise(SIGALRM);
}

TEST_CASE("in a process of its own: a fault, nobody was there", "[.fault_without_handler]") {
  install_crash_guard();
  volatile int* volatile nowhere = nullptr;
  *nowhere = 1;
}

TEST_CASE("in a process of its own: abort, nobody was there", "[.abort_without_handler]") {
  install_crash_guard();
  std::abort();
}
