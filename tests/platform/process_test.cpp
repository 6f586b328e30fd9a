#include "vesta/platform/process.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdlib>
#include <future>
#include <sched.h>
#include <sstream>
#include <thread>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/files.hpp"
#include "vesta/platform/topology.hpp"

using namespace vesta::platform;
using Catch::Matchers::Contains;

namespace {

struct running {
  std::unique_ptr<process_launcher::process> handle;
  std::future<process_result> end;
  process_result wait() {
    REQUIRE(end.wait_for(std::chrono::seconds(60)) == std::future_status::ready);
    return end.get();
  }
};

running start(const process_spec& spec) {
  auto promise = std::make_shared<std::promise<process_result>>();
  running result{nullptr, promise->get_future()};
  auto handle =
      real_processes().start(spec, [promise](process_result end) { promise->set_value(std::move(end)); });
  INFO(handle.status());
  REQUIRE(handle.ok());
  result.handle = *std::move(handle);
  return result;
}

process_spec shell(const std::string& script) {
  process_spec spec;
  spec.arguments = {"sh", "-c", script};
  return spec;
}

} // namespace

TEST_CASE("a process's exit status, output and times come back", "[concurrent]") {
  const auto before = steady_clock().now();
  const auto result = start(shell("echo to stdout; echo to stderr >&2; echo and stdout; exit 7")).wait();
  CHECK(result.exit_status == 7);
  CHECK(result.signal == 0);
  CHECK(result.output == "to stdout\nto stderr\nand stdout\n");
  CHECK_FALSE(result.timed_out);
  CHECK_FALSE(result.cancelled);
  CHECK(result.started_ns >= before);
  CHECK(result.ended_ns > result.started_ns);
}

TEST_CASE("arguments, directory and environment arrive as given, and stdin is empty", "[concurrent]") {
  setenv("VESTA_TEST_VARIABLE", "passed on", 1);
  auto spec = shell(R"(printf '%s|' "$@"; pwd; echo "$VESTA_TEST_VARIABLE"; cat)");
  for (const auto* argument : {"sh", "two words", "", "*"}) spec.arguments.push_back(argument);
  spec.directory = "/";
  CHECK(start(spec).wait().output == "two words||*|/\npassed on\n");
  unsetenv("VESTA_TEST_VARIABLE");
}

TEST_CASE("a process makes its temporary files where the spec says, else where its caller does",
          "[concurrent]") {
  auto spec = shell("echo $TMPDIR");
  const char* before = std::getenv("TMPDIR");
  CHECK(start(spec).wait().output == std::string(before != nullptr ? before : "") + "\n");
  spec.temporary_directory = "/somewhere/else";
  CHECK(start(spec).wait().output == "/somewhere/else\n");
}

TEST_CASE("a process and what it starts run idle, on the given cores alone, from their first instruction",
          "[concurrent]") {
  const auto machine = find_topology();
  REQUIRE(machine.ok());
  for (const int core : {machine->performance.front(), machine->efficiency.back()}) {
    auto spec = shell("cut -d' ' -f41 /proc/self/stat; grep Cpus_allowed_list /proc/self/status");
    spec.cores = {core};
    CHECK(start(spec).wait().output ==
          std::to_string(SCHED_IDLE) + "\nCpus_allowed_list:\t" + std::to_string(core) + "\n");
  }
  auto spec = shell("cut -d' ' -f41 /proc/self/stat");
  spec.idle_priority = false;
  CHECK(start(spec).wait().output == std::to_string(SCHED_OTHER) + "\n");
}

TEST_CASE("no signal is blocked or ignored in a process, whatever the caller does", "[concurrent]") {
  const auto old = std::signal(SIGPIPE, SIG_IGN);
  const auto output = start(shell("grep -E 'Sig(Blk|Ign)' /proc/self/status | cut -f2")).wait().output;
  std::signal(SIGPIPE, old);
  std::istringstream lines(output);
  std::uint64_t blocked = ~0ull, ignored = ~0ull;
  lines >> std::hex >> blocked >> ignored;
  CHECK(blocked == 0);
  CHECK((ignored & 0x7fffffff) == 0); // above that are the C library's own
}

TEST_CASE("a process that a signal ends says so", "[concurrent]") {
  const auto result = start(shell("kill -SEGV $$")).wait();
  CHECK(result.exit_status == -1);
  CHECK(result.signal == SIGSEGV);
}

TEST_CASE("past its time a process is killed with all that it started", "[concurrent]") {
  auto spec = shell("sleep 1000 & echo $!; wait");
  process_result result;
  for (spec.timeout_ns = 100'000'000; result.output.empty(); spec.timeout_ns *= 2) // on a busy machine it may
    result = start(spec).wait();                                                   // not get as far at first
  CHECK(result.timed_out);
  CHECK_FALSE(result.cancelled);
  CHECK(result.signal == SIGKILL);
  CHECK(result.ended_ns - result.started_ns >= spec.timeout_ns / 2);
  const int grandchild = std::stoi(result.output);
  for (int i = 0; i < 2000 && kill(grandchild, 0) == 0; ++i) { // dead, or waiting to be reaped by init
    const auto stat = real_files().read("/proc/" + std::to_string(grandchild) + "/stat", 4096);
    if (!stat.ok() || stat->find(") Z") != std::string::npos) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(kill(grandchild, 0) != 0);
}

TEST_CASE("a cancelled process is killed, and a late cancel does nothing", "[concurrent]") {
  auto process = start(shell("sleep 1000"));
  process.handle->cancel();
  const auto result = process.wait();
  CHECK(result.cancelled);
  CHECK_FALSE(result.timed_out);
  CHECK(result.exit_status == -1);
  process.handle->cancel();
  auto done = start(shell("exit 0"));
  CHECK_FALSE(done.wait().cancelled);
  done.handle->cancel();
}

TEST_CASE("dropping the handle does not end the process", "[concurrent]") {
  auto process = start(shell("sleep 0.05; echo alive"));
  process.handle.reset();
  CHECK(process.wait().output == "alive\n");
}

TEST_CASE("output past the limit is dropped, and said so, without blocking the process", "[concurrent]") {
  auto spec = shell("head -c 1000000 /dev/zero | tr '\\0' x; echo done >&2");
  spec.output_limit_bytes = 1000;
  const auto result = start(spec).wait();
  CHECK(result.exit_status == 0);
  CHECK(result.output == std::string(1000, 'x') + "\n[999005 more bytes of output were dropped]\n");
}

TEST_CASE("a process that never stops writing keeps neither others nor its own end waiting", "[concurrent]") {
  auto endless = start(shell("yes"));
  CHECK(start(shell("echo short")).wait().output == "short\n");
  endless.handle->cancel();
  CHECK(endless.wait().cancelled);
}

TEST_CASE("an end is reported though a descendant keeps the output open", "[concurrent]") {
  const auto result = start(shell("sleep 1000 & echo $!")).wait();
  CHECK(result.exit_status == 0);
  CHECK(kill(std::stoi(result.output), SIGKILL) == 0);
}

TEST_CASE("many processes run at once, each with its own end", "[concurrent]") {
  std::vector<running> all;
  for (int i = 0; i < 24; ++i) all.push_back(start(shell("echo " + std::to_string(i))));
  for (int i = 0; i < 24; ++i)
    CHECK(all[static_cast<std::size_t>(i)].wait().output == std::to_string(i) + "\n");
}

TEST_CASE("processes can be started and cancelled from many threads, and from a callback", "[concurrent]") {
  std::vector<std::thread> threads;
  std::atomic<int> ends = 0;
  std::promise<void> chained;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        const auto handle = real_processes().start(shell("exit 0"), [&](process_result) {
          if (++ends == 20)
            static_cast<void>(
                real_processes().start(shell("exit 0"), [&](process_result) { chained.set_value(); }));
        });
        if (handle.ok()) (*handle)->cancel();
      }
    });
  for (auto& each : threads) each.join();
  CHECK(chained.get_future().wait_for(std::chrono::seconds(60)) == std::future_status::ready);
  CHECK(ends == 20);
}

TEST_CASE("a program that is not there is refused in one sentence", "[concurrent]") {
  const auto refused = [](const std::string& program, const std::string& directory = "") {
    process_spec spec;
    if (!program.empty()) spec.arguments = {program};
    spec.directory = directory;
    return real_processes().start(spec, [](process_result) { FAIL("it ran"); }).status();
  };
  CHECK(absl::IsNotFound(refused("no_such_compiler")));
  CHECK_THAT(std::string(refused("no_such_compiler").message()),
             Contains("no program no_such_compiler on PATH (/"));
  CHECK(refused("/no/such/program").message() == "there is no program at /no/such/program");
  CHECK(absl::IsNotFound(refused("/etc/passwd")));
  CHECK(refused("sh", "/no/directory").message() ==
        "cannot start sh in /no/directory: there is no such directory");
  CHECK(absl::IsInvalidArgument(refused("")));
  CHECK(*real_processes().find_program("sh") == "/usr/bin/sh");
  CHECK(absl::IsNotFound(real_processes().find_program("no_such_compiler").status()));
}

TEST_CASE("what the system would not run ends with status 127 and the reason", "[concurrent]") {
  auto spec = shell("exit 0");
  spec.cores = {1000};
  auto result = start(spec).wait();
  CHECK(result.exit_status == 127);
  CHECK_THAT(result.output, Contains("cannot start /") && Contains("may not run on core 1000"));
  spec = shell(std::string(1 << 20, 'x'));
  result = start(spec).wait();
  CHECK(result.exit_status == 127);
  CHECK_THAT(result.output, Contains("Argument list too long"));
}
