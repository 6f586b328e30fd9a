#include "vesta/platform/process.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <limits>
#include <mutex>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/descriptor.hpp"
#include "vesta/platform/thread.hpp"

namespace vesta::platform {

namespace {

/// One process from its request to its end. Only `cancelled` is touched by two threads.
struct job {
  std::string program;
  process_spec spec;
  process_launcher::callback on_end;
  std::atomic<bool> cancelled = false;

  process_result result;
  std::size_t dropped_bytes = 0;
  pid_t pid = -1;
  descriptor output; ///< read end of the pipe that is its stdout and stderr
  descriptor end;    ///< pidfd, readable once it ended
  bool killed = false;
};

bool is_program(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0;
}

/// This process's environment, with the spec's place for temporary files.
std::vector<std::string> environment_of(const process_spec& spec) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each)
    if (spec.temporary_directory.empty() || !std::string_view(*each).starts_with("TMPDIR="))
      all.emplace_back(*each);
  if (!spec.temporary_directory.empty()) all.push_back("TMPDIR=" + spec.temporary_directory);
  return all;
}

/// As exec wants them: valid as long as the texts.
std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// Own process group, no signal blocked or ignored, nothing open but the three standard streams.
int spawn(const job& what, int output, pid_t& pid) {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  if (!what.spec.directory.empty())
    posix_spawn_file_actions_addchdir_np(&actions, what.spec.directory.c_str());
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  const auto arguments = pointers_to(what.spec.arguments);
  const auto environment = environment_of(what.spec);
  const int error = ::posix_spawn(&pid, what.program.c_str(), &actions, &attributes, arguments.data(),
                                  pointers_to(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Starts the process; empty, or why it did not. A child inherits cores and priority from the thread that
/// spawns it, which leaves no moment in which it could run, or fork, elsewhere. An unprivileged thread cannot
/// come back from SCHED_IDLE, hence one that is then thrown away.
std::string begin(job& what) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return std::strerror(errno);
  what.output = descriptor(ends[0]);
  const descriptor input(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  std::string problem;
  const auto spawn_it = [&] {
    const sched_param no_priority{};
    if (!pin_this_thread(what.spec.cores, "vesta-spawn"))
      problem = fmt::format("it may not run on core {}", fmt::join(what.spec.cores, ", "));
    else if (what.spec.idle_priority && ::sched_setscheduler(0, SCHED_IDLE, &no_priority) != 0)
      problem = std::strerror(errno);
    else if (const int error = spawn(what, input.get(), what.pid); error != 0)
      problem = std::strerror(error);
  };
  try {
    std::thread(spawn_it).join();
  } catch (const std::system_error& error) {
    problem = error.what();
  }
  if (!problem.empty()) return problem;
  // Not pidfd_open(): the header of glibc 2.36 declares it with C++ linkage.
  what.end = descriptor(static_cast<int>(::syscall(SYS_pidfd_open, what.pid, 0)));
  if (what.end) return problem;
  problem = std::strerror(errno);
  ::kill(-what.pid, SIGKILL);
  ::waitpid(what.pid, nullptr, 0);
  return problem;
}

/// Reads what is in the pipe (the rounds: a process that never stops writing must not keep the others
/// waiting). Closes it at its end.
void drain(job& what) {
  char buffer[64 * 1024];
  for (int round = 0; round < 32 && what.output; ++round) {
    const auto n = ::read(what.output.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      what.output.reset();
      return;
    }
    const auto size = static_cast<std::size_t>(n);
    const auto kept = std::min(size, what.spec.output_limit_bytes - what.result.output.size());
    what.result.output.append(buffer, kept);
    what.dropped_bytes += size - kept;
  }
}

/// Safe against a reused number: the group's leader is not reaped before finish().
void kill_group(job& what) {
  if (!std::exchange(what.killed, true)) ::kill(-what.pid, SIGKILL);
}

void finish(job& what) {
  drain(what);
  siginfo_t info{};
  const bool known =
      ::waitid(P_PID, static_cast<id_t>(what.pid), &info, WEXITED) == 0; // not where SIGCHLD is ignored
  const bool exited = known && info.si_code == CLD_EXITED;
  what.result.exit_status = exited ? info.si_status : -1;
  what.result.signal = known && !exited ? info.si_status : 0;
  what.result.ended_ns = steady_clock().now();
  if (what.dropped_bytes > 0)
    what.result.output += fmt::format("\n[{} more bytes of output were dropped]\n", what.dropped_bytes);
}

class linux_launcher final : public process_launcher {
public:
  ~linux_launcher() override {
    if (!thread_.joinable()) return;
    stopping_ = true;
    wake();
    thread_.join();
  }

  absl::StatusOr<std::unique_ptr<process>> start(const process_spec& spec, callback on_end) override;
  absl::StatusOr<std::string> find_program(const std::string& name) const override;
  void wake() { ::eventfd_write(wake_.get(), 1); }

private:
  absl::StatusOr<std::string> locate(const process_spec& spec) const;
  void run();
  void begin_requested();
  int wait(std::vector<pollfd>& waits) const;
  void serve(job& what, nanoseconds now);

  std::mutex mutex_; ///< guards requested_ and the start of thread_
  std::vector<std::shared_ptr<job>> requested_;
  descriptor wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::atomic<bool> stopping_ = false;
  std::vector<std::shared_ptr<job>> running_; ///< the thread's own
  std::thread thread_;
};

class linux_process final : public process_launcher::process {
public:
  linux_process(std::shared_ptr<job> what, linux_launcher& launcher)
      : job_(std::move(what)), launcher_(launcher) {}
  void cancel() override {
    job_->cancelled = true;
    launcher_.wake();
  }

private:
  const std::shared_ptr<job> job_;
  linux_launcher& launcher_;
};

absl::StatusOr<std::string> linux_launcher::find_program(const std::string& name) const {
  const char* const path = std::getenv("PATH");
  const std::string_view places = path != nullptr ? path : "/usr/local/bin:/usr/bin:/bin";
  if (name.empty() || name.find('/') != name.npos)
    return absl::InvalidArgumentError(fmt::format("'{}' is not a program's name, which has no slash", name));
  for (std::size_t begin = 0; begin <= places.size();) {
    const auto end = std::min(places.find(':', begin), places.size());
    const auto place = places.substr(begin, end - begin);
    const auto candidate = fmt::format("{}/{}", place.empty() ? "." : place, name);
    if (is_program(candidate)) return std::filesystem::absolute(candidate).string();
    begin = end + 1;
  }
  return absl::NotFoundError(fmt::format("there is no program {} on PATH ({}); install it", name, places));
}

absl::StatusOr<std::string> linux_launcher::locate(const process_spec& spec) const {
  if (spec.arguments.empty())
    return absl::InvalidArgumentError("cannot start a process: no program is named");
  struct stat status {};
  if (!spec.directory.empty() && (::stat(spec.directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)))
    return absl::NotFoundError(
        fmt::format("cannot start {} in {}: there is no such directory", spec.arguments[0], spec.directory));
  const auto& name = spec.arguments[0];
  if (name.find('/') == name.npos) return find_program(name);
  const auto path = name[0] == '/' || spec.directory.empty() ? name : spec.directory + '/' + name;
  if (is_program(path)) return name;
  return absl::NotFoundError(fmt::format("there is no program at {}", path));
}

absl::StatusOr<std::unique_ptr<process_launcher::process>> linux_launcher::start(const process_spec& spec,
                                                                                 callback on_end) {
  auto program = locate(spec);
  if (!program.ok()) return program.status();
  auto what = std::make_shared<job>();
  what->program = *std::move(program);
  what->spec = spec;
  what->on_end = std::move(on_end);
  {
    const std::lock_guard lock(mutex_);
    requested_.push_back(what);
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  wake();
  return std::make_unique<linux_process>(std::move(what), *this);
}

void linux_launcher::run() {
  settle_helper_thread("vesta-launcher");
  std::vector<pollfd> waits;
  while (!stopping_) {
    begin_requested();
    if (wait(waits) < 0 && errno != EINTR) std::abort(); // only a programmer's error is left
    eventfd_t count = 0;
    ::eventfd_read(wake_.get(), &count);
    const auto now = steady_clock().now();
    for (auto& each : running_) serve(*each, now);
    std::erase_if(running_, [](const auto& each) { return !each->end; });
  }
  for (auto& each : running_) kill_group(*each);
  for (auto& each : running_) ::waitpid(each->pid, nullptr, 0);
}

void linux_launcher::begin_requested() {
  std::vector<std::shared_ptr<job>> requested;
  {
    const std::lock_guard lock(mutex_);
    requested.swap(requested_);
  }
  for (auto& each : requested) {
    auto& result = each->result;
    result.started_ns = result.ended_ns = steady_clock().now();
    if (each->cancelled) {
      result.cancelled = true;
      result.exit_status = -1;
    } else if (const auto problem = begin(*each); !problem.empty()) {
      result.exit_status = 127;
      result.output = fmt::format("cannot start {}: {}\n", each->program, problem);
    } else {
      running_.push_back(each);
      continue;
    }
    each->on_end(std::move(result));
  }
}

/// Waits for a request, a cancellation, output, an end, or the next deadline.
int linux_launcher::wait(std::vector<pollfd>& waits) const {
  constexpr auto forever = std::numeric_limits<nanoseconds>::max();
  const auto now = steady_clock().now();
  auto left = forever;
  waits.assign(1, {wake_.get(), POLLIN, 0});
  for (const auto& each : running_) {
    if (each->output) waits.push_back({each->output.get(), POLLIN, 0});
    waits.push_back({each->end.get(), POLLIN, 0});
    if (each->spec.timeout_ns > 0 && !each->killed)
      left =
          std::min(left, std::max<nanoseconds>(each->spec.timeout_ns - (now - each->result.started_ns), 0));
  }
  const timespec limit{left / 1'000'000'000, left % 1'000'000'000};
  return ::ppoll(waits.data(), waits.size(), left == forever ? nullptr : &limit, nullptr);
}

/// Takes one process as far as it goes now; `end` is closed when that is its end.
void linux_launcher::serve(job& what, nanoseconds now) {
  pollfd end{what.end.get(), POLLIN, 0};
  const bool ended = ::poll(&end, 1, 0) == 1;
  drain(what);
  if (!ended) {
    const bool late = what.spec.timeout_ns > 0 && now - what.result.started_ns >= what.spec.timeout_ns;
    if (!what.killed && (late || what.cancelled)) {
      what.result.cancelled = what.cancelled;
      what.result.timed_out = !what.result.cancelled;
      kill_group(what);
    }
    return;
  }
  finish(what);
  what.end.reset();
  what.on_end(std::move(what.result));
}

} // namespace

process_launcher& real_processes() {
  static linux_launcher instance;
  return instance;
}

int this_process() { return ::getpid(); }

bool process_exists(int pid) { return ::kill(pid, 0) == 0 || errno == EPERM; }

} // namespace vesta::platform
