#include "vesta/actors/command/doctor.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <future>
#include <memory>
#include <vector>

#include "vesta/actors/command/core_table.hpp"
#include "vesta/actors/command/figures.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/platform/files.hpp"
#include "vesta/platform/process.hpp"
#include "vesta/platform/system_info.hpp"
#include "vesta/platform/topology.hpp"

namespace vesta::command {
namespace {

constexpr std::uint64_t watches_enough = 8192, watchers_enough = 64;
constexpr std::uint64_t temporary_least = 16'000'000, temporary_enough = 200'000'000,
                        memory_enough = 500'000'000;
constexpr platform::nanoseconds answer_limit_ns = 5'000'000'000;

/// Prints rows, and keeps what to do for the end.
class findings {
public:
  explicit findings(const console& to) : to_(to) {}

  void row(std::string_view name, std::string_view value) {
    to_.out << to_.bold(fmt::format("{:<14}", name)) << value << "\n";
  }
  void advise(const std::string& sentence) { advice_.push_back(to_.accent("slow     ") + sentence); }
  void require(const std::string& sentence) {
    advice_.push_back(to_.bad("missing  ") + sentence);
    works_ = false;
  }
  int conclude() const {
    to_.out << "\n";
    for (const auto& line : advice_) to_.out << line << "\n";
    if (advice_.empty()) to_.out << to_.good("Nothing is missing and nothing would be slow.") << "\n";
    return works_ ? as_expected : not_as_expected;
  }

private:
  const console& to_;
  std::vector<std::string> advice_;
  bool works_ = true;
};

/// The first line that `program --version` prints; nothing where there is no such program.
std::string version_of(const std::string& program) {
  auto& processes = platform::real_processes();
  if (!processes.find_program(program).ok()) return {};
  const auto answer = std::make_shared<std::promise<platform::process_result>>();
  auto ended = answer->get_future();
  const platform::process_spec spec{
      .arguments = {program, "--version"}, .idle_priority = false, .timeout_ns = answer_limit_ns};
  const auto started = processes.start(
      spec, [answer](platform::process_result result) { answer->set_value(std::move(result)); });
  if (!started.ok()) return {};
  const auto output = ended.get().output;
  return output.substr(0, output.find('\n'));
}

/// A row for each program that is there; how many are.
std::size_t list_programs(findings& to, std::string_view name, const std::vector<std::string>& programs) {
  std::size_t found = 0;
  for (const auto& program : programs) {
    const auto version = version_of(program);
    if (version.empty()) continue;
    to.row(found++ == 0 ? name : "", fmt::format("{:<10}{}", program, version));
  }
  if (found == 0) to.row(name, "none");
  return found;
}

void see_cores(findings& to) {
  const auto survey = platform::survey_cores();
  if (!survey.ok()) {
    to.require(sentence_of(survey.status()));
    return;
  }
  const auto& chosen = survey->chosen;
  to.row("cores", fmt::format("performance {}; efficiency {} ({})", fmt::join(chosen.performance, ","),
                              fmt::join(chosen.efficiency, ","), chosen.origin));
  if (!chosen.note.empty()) to.row("", chosen.note);
  for (const auto& line : core_table(survey->cores)) to.row("", line);
  if (chosen.performance == chosen.efficiency)
    to.advise("there is one core, so builds and frames share it; give this process a second one");
}

void see_tools(findings& to) {
  if (list_programs(to, "compilers", {"g++", "clang++", "c++"}) == 0)
    to.require("no compiler, and modules are built while the game runs: apt-get install g++");
  list_programs(to, "linkers", {"mold", "ld.lld", "ld.gold", "ld.bfd"});
  const auto& processes = platform::real_processes();
  if (!processes.find_program("mold").ok())
    to.advise("without mold each edit takes some 50 ms longer to link: apt-get install mold");
}

void see_kernel(findings& to, const platform::system_info& info) {
  const auto yes = [](bool has) { return has ? "yes" : "no"; };
  to.row("kernel", info.kernel);
  to.row("features", fmt::format("pidfd {}, memfd {}, SCHED_IDLE {}", yes(info.pidfd), yes(info.memfd),
                                 yes(info.idle_priority)));
  to.row("inotify",
         fmt::format("{} directories, {} watchers", grouped(info.watches_max), grouped(info.watchers_max)));
  if (!info.memfd) to.require("no memfd, from which modules are loaded: use Linux 3.17 or newer");
  if (!info.pidfd) to.require("no pidfd, by which builds are waited for: use Linux 5.3 or newer");
  if (!info.idle_priority) to.advise("no SCHED_IDLE: builds will take time from frames");
  if (info.watches_max < watches_enough)
    to.advise(
        fmt::format("few directories can be watched: sysctl fs.inotify.max_user_watches={}", watches_enough));
  if (info.watchers_max < watchers_enough)
    to.advise(
        fmt::format("few watchers are allowed: sysctl fs.inotify.max_user_instances={}", watchers_enough));
}

void see_room(findings& to, const platform::system_info& info) {
  const auto free = platform::real_files().free_bytes(info.temporary_folder);
  to.row("memory",
         fmt::format("{}, {} free", megabytes(info.memory_bytes), megabytes(info.memory_free_bytes)));
  to.row("temporary",
         fmt::format("{}, {} free", info.temporary_folder, free.ok() ? megabytes(*free) : "unknown"));
  if (auto status = check_temporary(platform::real_files(), info.temporary_folder); !status.ok())
    to.require(sentence_of(status));
  else if (free.ok() && *free < temporary_enough)
    to.advise(fmt::format("little room for builds in {}: free some, or set TMPDIR", info.temporary_folder));
  if (info.memory_free_bytes < memory_enough)
    to.advise("little free memory: a million citizens take some 300 MB; use --set citizens=200000");
}

} // namespace

absl::Status check_temporary(platform::file_system& files, const std::string& place) {
  const auto remedy = [](const absl::Status& why) {
    return absl::Status(why.code(), sentence_of(why) + "; set TMPDIR to a folder that can be written to");
  };
  const auto made = files.make_temporary_directory("vesta-doctor-");
  if (!made.ok()) return remedy(made.status());
  const auto written = files.write(*made + "/probe", "probe");
  const auto free = files.free_bytes(*made);
  files.remove(*made).IgnoreError();
  if (!written.ok()) return remedy(written);
  if (!free.ok()) return remedy(free.status());
  if (*free >= temporary_least) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("{} has {} free and a small game's builds take {}; free some, or set TMPDIR", place,
                  megabytes(*free), megabytes(temporary_least)));
}

int run_doctor(const console& to) {
  findings found(to);
  const auto info = platform::find_system_info();
  found.row("vesta", VESTA_VERSION);
  see_cores(found);
  see_tools(found);
  see_kernel(found, info);
  see_room(found, info);
  return found.conclude();
}

} // namespace vesta::command
