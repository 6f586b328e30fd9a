#include "vesta/platform/process_simulated.hpp"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>

namespace vesta::platform {

namespace {

constexpr auto* bin = "/usr/bin/";

void kill(process_result& result) {
  result.exit_status = -1;
  result.signal = SIGKILL;
}

} // namespace

/// Like the real one, it may be dropped while its process runs on.
class simulated_processes::simulated_process final : public process_launcher::process {
public:
  simulated_process(simulated_processes& launcher, std::uint64_t id) : launcher_(launcher), id_(id) {}
  void cancel() override { launcher_.cancel(id_); }

private:
  simulated_processes& launcher_;
  const std::uint64_t id_;
};

void simulated_processes::add_program(const std::string& name, program answer) {
  const std::lock_guard lock(mutex_);
  programs_[name] = std::move(answer);
}

std::size_t simulated_processes::deliver() {
  std::vector<run> over;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = running_.begin(); it != running_.end();) {
      const bool is_over = it->second.ends_ns <= time_.now();
      if (is_over) over.push_back(std::move(it->second));
      it = is_over ? running_.erase(it) : std::next(it);
    }
  }
  std::stable_sort(over.begin(), over.end(),
                   [](const run& a, const run& b) { return a.ends_ns < b.ends_ns; });
  for (auto& each : over) {
    auto& result = each.what.result;
    result.ended_ns = each.ends_ns;
    if (each.what.effect && !result.timed_out && !result.cancelled) each.what.effect();
    each.on_end(std::move(result));
  }
  return over.size();
}

std::optional<nanoseconds> simulated_processes::next_end() const {
  const std::lock_guard lock(mutex_);
  std::optional<nanoseconds> next;
  for (const auto& [id, each] : running_) next = std::min(next.value_or(each.ends_ns), each.ends_ns);
  return next;
}

absl::StatusOr<std::unique_ptr<process_launcher::process>>
simulated_processes::start(const process_spec& spec, callback on_end) {
  if (spec.arguments.empty())
    return absl::InvalidArgumentError("cannot start a process: no program is named");
  const auto& path = spec.arguments[0];
  const auto name = path.starts_with(bin) ? path.substr(std::string_view(bin).size()) : path;
  if (const auto found = find_program(name); !found.ok()) return found.status();
  program answer;
  {
    const std::lock_guard lock(mutex_);
    answer = programs_[name];
  }
  auto what = answer(spec); // outside the lock: it may look at files, or start something itself
  what.result.started_ns = time_.now();
  if (spec.timeout_ns > 0 && what.takes_ns > spec.timeout_ns) {
    what.takes_ns = spec.timeout_ns;
    what.result.timed_out = true;
    kill(what.result);
  }
  const auto ends_ns = what.result.started_ns + what.takes_ns;
  const std::lock_guard lock(mutex_);
  running_.emplace(++last_run_, run{std::move(what), std::move(on_end), ends_ns});
  return std::make_unique<simulated_process>(*this, last_run_);
}

absl::StatusOr<std::string> simulated_processes::find_program(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  if (programs_.contains(name)) return bin + name;
  return absl::NotFoundError(fmt::format("there is no program {} on PATH ({}); install it", name, bin));
}

void simulated_processes::cancel(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto it = running_.find(id);
  if (it == running_.end() || it->second.ends_ns <= time_.now()) return;
  it->second.ends_ns = time_.now();
  it->second.what.result.cancelled = true;
  it->second.what.result.timed_out = false;
  kill(it->second.what.result);
}

} // namespace vesta::platform
