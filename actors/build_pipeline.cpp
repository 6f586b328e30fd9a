// build_pipeline: turns saved files into images. It watches the game's folder, knows from the compiler's
// depfiles which modules read which file, and compiles each module in a directory of its own that is removed
// afterwards. While the game runs, compilers run at SCHED_IDLE on the efficiency cores, so that a build costs
// no frame. What the compiler says is kept whole. It judges nothing: an image that compiles may still be
// refused by others. Errors: 0x3xxx.

#include <filesystem>

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/files.hpp"
#include "vesta/platform/hash.hpp"
#include "vesta/platform/process.hpp"
#include "vesta/runtime/compile_command.hpp"
#include "vesta/runtime/depfile.hpp"
#include "vesta/runtime/session.hpp"

namespace vesta {
namespace {

/// Editors write several files at one save, and some write one file twice: events this close together are one
/// change.
constexpr std::chrono::milliseconds quiet_time{4};
constexpr std::int64_t build_limit_ns = 120'000'000'000;
constexpr std::uint64_t image_limit_bytes = 256U << 20;
constexpr std::uint64_t source_limit_bytes = 64U << 20;
/// Editors remove a file and write it anew: one that stays away for this long is gone.
constexpr std::chrono::milliseconds missing_time{500};
/// A build that could not even write its image is not begun.
constexpr std::uint64_t free_bytes_min = 8U << 20;

struct sources_settled {};
VESTA_MESSAGE(sources_settled);

/// Look whether a file that was gone is back.
struct missing_due {
  std::string path;
  std::int64_t saved_ns = 0, due_ns = 0; ///< due by `ports.time`
};
VESTA_MESSAGE(missing_due);

struct compiler_ended {
  std::uint64_t job = 0;
  int exit_status = 0, signal = 0;
  bool timed_out = false, cancelled = false;
  std::string output;
  std::int64_t started_ns = 0, ended_ns = 0;
};
VESTA_MESSAGE(compiler_ended);

struct job {
  std::uint64_t id = 0;
  std::uint64_t change = 0;
  std::string module;
  std::string directory; ///< empty while it waits for its turn
};
VESTA_MESSAGE(job);

/// A file that modules are made of.
struct source_file {
  std::string path;
  std::uint64_t content = 0;        ///< hash of what was last seen; 0: not seen
  std::vector<std::string> modules; ///< that read it
};
VESTA_MESSAGE(source_file);

struct build_pipeline_state {
  std::uint64_t last_job = 0;
  std::vector<job> jobs; ///< running first, then waiting
  std::vector<source_file> sources;
  std::vector<std::string> touched; ///< since the last quiet time
  std::vector<std::string> retry;   ///< modules that a save of the same is to build again
  std::vector<std::string> unknown; ///< touched while compilers ran that may turn out to read them
  std::int64_t first_touch_ns = 0;
};
VESTA_MESSAGE(build_pipeline_state);

std::string describe_end(const compiler_ended& end) {
  if (end.timed_out)
    return "the compiler ran for more than two minutes and was ended; save the file again to retry";
  if (end.signal != 0) return fmt::format("the compiler was ended by signal {}\n{}", end.signal, end.output);
  return end.output.empty() ? fmt::format("the compiler ended with status {}", end.exit_status) : end.output;
}

class build_pipeline {
public:
  using interface = build_pipeline_actor;
  using own = own_messages<sources_settled, missing_due, compiler_ended>;

  explicit build_pipeline(context& self)
      : self_(self), session_(self.use<session>()), running_(self.use<running_builds>().jobs),
        orchestrator_(self.peer<orchestrator_actor>("orchestrator")) {
    auto watch = session_.ports.watcher.start(session_.folder,
                                              [tell = self.inlet<files_changed>()](const auto& event) {
                                                tell(files_changed{{event.path}, event.at_ns, event.problem});
                                              });
    if (!watch.ok())
      throw actor_error(error_code::watch_failed, category::io, std::string(watch.status().message()));
    watch_ = std::move(*watch);
    if (session_.ports.processes.find_program("mold").ok()) linker_ = "mold";
    if (!session_.game.tuning.empty()) has_changed(source_at(path_of(session_.game.tuning)));
    has_changed(source_at(description()));
  }

  void on(const files_changed& news) {
    if (!news.problem.empty())
      return refuse(news.paths.front(), error_code::watch_failed,
                    fmt::format("{}: {}", news.paths.front(), news.problem), news.saved_ns);
    for (const auto& path : news.paths) touch(std::filesystem::path(path).lexically_normal(), news.saved_ns);
  }

  void on(const sources_settled&) {
    change_found found{.saved_ns = state.first_touch_ns};
    auto touched = std::exchange(state.touched, {});
    std::ranges::sort(touched);
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    for (const auto& path : touched) {
      const bool is_tuning = !session_.game.tuning.empty() && path == path_of(session_.game.tuning);
      auto* source = find_source(path);
      if (!source && !state.jobs.empty()) state.unknown.push_back(path);
      if (!source || is_missing(path)) continue;
      const bool is_new = has_changed(*source);
      if (is_new && path == description()) tell_of_description(state.first_touch_ns);
      const auto modules = is_new ? source->modules : to_retry(*source);
      if (!is_new && modules.empty()) continue;
      found.tuning |= is_tuning;
      add_modules(found.modules, modules);
      found.files += (found.files.empty() ? "" : ", ") + std::filesystem::path(path).filename().string();
    }
    if (found.tuning || !found.modules.empty()) self_.send(orchestrator_, found);
  }

  void on(const missing_due& due) {
    auto& files = session_.ports.files;
    if (files.info(due.path).ok() || !files.info(session_.folder).ok())
      return; // the folder's end has been told
    if (const auto left = due.due_ns - session_.ports.time.now(); left > 0)
      return self_.after(std::chrono::nanoseconds(left), due);
    tell_of_missing(due.path, due.saved_ns);
  }

  void on(const retry_on_save& failed) {
    add_modules(state.retry, failed.modules);
    if (failed.modules.empty() && !session_.game.tuning.empty())
      source_at(path_of(session_.game.tuning)).content = 0;
  }

  void on(const build_requested& wanted) {
    std::erase(state.retry, wanted.module);
    state.jobs.push_back({.id = ++state.last_job, .change = wanted.change, .module = wanted.module});
    start_jobs();
  }

  void on(const build_cancelled& unwanted) {
    for (const auto& it : state.jobs) {
      if (it.change != unwanted.change) continue;
      if (const auto running = running_.find(it.id); running != running_.end()) running->second->cancel();
    }
    std::erase_if(state.jobs,
                  [&](const job& it) { return it.change == unwanted.change && it.directory.empty(); });
  }

  void on(const compiler_ended& end) {
    running_.erase(end.job);
    const auto it = std::ranges::find(state.jobs, end.job, &job::id);
    if (it == state.jobs.end()) return;
    const auto done = *it;
    state.jobs.erase(it);
    auto report = judge(done, end);
    session_.ports.files.remove_later(done.directory);
    if (!end.cancelled) self_.send(orchestrator_, std::move(report));
    start_jobs();
    if (state.jobs.empty()) state.unknown.clear();
  }

  build_pipeline_state state;

private:
  std::string path_of(const std::string& name) const {
    return std::filesystem::path(session_.folder + "/" + name).lexically_normal().string();
  }

  std::string description() const { return path_of("game.toml"); }

  void refuse(const std::string& path, error_code code, std::string text, std::int64_t saved_ns) {
    self_.send(orchestrator_, edit_refused{.files = std::filesystem::path(path).filename().string(),
                                           .code = code,
                                           .text = std::move(text),
                                           .saved_ns = saved_ns});
  }

  void tell_of_description(std::int64_t saved_ns) {
    refuse(description(), error_code::restart_needed, "game.toml is read at the start: restart to apply",
           saved_ns);
  }

  /// Only files that the game names are missed; whether a header is, the next build says.
  void tell_of_missing(const std::string& path, std::int64_t saved_ns) {
    if (path == description()) return tell_of_description(saved_ns);
    if (!session_.game.tuning.empty() && path == path_of(session_.game.tuning))
      return refuse(path, error_code::asset_unreadable,
                    fmt::format("{} is gone; its last values go on until it is back", path), saved_ns);
    for (const auto& module : session_.game.modules)
      if (path == path_of(module.source))
        refuse(path, error_code::no_module_source,
               fmt::format("{}, the source of module \"{}\", is gone; the running version goes on; put it "
                           "back, or mend `source` in game.toml and restart",
                           path, module.name),
               saved_ns);
  }

  /// One that stays away is told of once for each time that it went.
  bool is_missing(const std::string& path) {
    if (session_.ports.files.info(path).ok()) return false;
    self_.after(missing_time,
                missing_due{path, state.first_touch_ns,
                            session_.ports.time.now() + std::chrono::nanoseconds(missing_time).count()});
    return true;
  }

  void touch(std::string path, std::int64_t at_ns) {
    if (state.touched.empty()) {
      state.first_touch_ns = at_ns;
      self_.after(quiet_time, sources_settled{});
    }
    state.touched.push_back(std::move(path));
  }

  source_file* find_source(const std::string& path) {
    const auto it = std::ranges::find(state.sources, path, &source_file::path);
    return it == state.sources.end() ? nullptr : &*it;
  }

  source_file& source_at(const std::string& path) {
    if (auto* known = find_source(path)) return *known;
    return state.sources.emplace_back(source_file{.path = path});
  }

  /// A file that was written with what it held before is no change. One that is gone is none either: editors
  /// remove and write anew, and the next build would say so.
  bool has_changed(source_file& source) const {
    const auto text = session_.ports.files.read(source.path, source_limit_bytes);
    if (!text.ok()) return false;
    const auto before = std::exchange(source.content, platform::hash64(*text));
    return source.content != before;
  }

  std::vector<std::string> to_retry(const source_file& source) const {
    std::vector<std::string> modules;
    std::ranges::copy_if(source.modules, std::back_inserter(modules), [this](const auto& module) {
      return std::ranges::find(state.retry, module) != state.retry.end();
    });
    return modules;
  }

  /// In the game's order, each once.
  void add_modules(std::vector<std::string>& to, const std::vector<std::string>& more) const {
    std::vector<std::string> all;
    for (const auto& module : session_.game.modules) {
      const auto named = [&](const auto& list) { return std::ranges::find(list, module.name) != list.end(); };
      if (named(to) || named(more)) all.push_back(module.name);
    }
    to = std::move(all);
  }

  bool is_opening() const {
    return std::ranges::any_of(state.jobs, [](const auto& it) { return it.change == 0; });
  }

  /// While the game is being opened nothing else wants the cores; later the efficiency cores have to do.
  void start_jobs() {
    const auto limit = is_opening() ? 2 * std::max<std::size_t>(1, session_.build_cores.size())
                                    : std::max<std::size_t>(1, session_.build_cores.size());
    auto running = static_cast<std::size_t>(
        std::ranges::count_if(state.jobs, [](const auto& it) { return !it.directory.empty(); }));
    for (std::size_t i = 0; i < state.jobs.size() && running < limit; ++i) {
      if (!state.jobs[i].directory.empty()) continue;
      if (auto [code, text] = start(state.jobs[i]); code != error_code::none) {
        self_.send(orchestrator_, build_finished{.change = state.jobs[i].change,
                                                 .module = state.jobs[i].module,
                                                 .code = code,
                                                 .text = text});
        state.jobs.erase(state.jobs.begin() + static_cast<std::ptrdiff_t>(i--));
      } else {
        ++running;
      }
    }
  }

  std::pair<error_code, std::string> start(job& it) {
    auto& files = session_.ports.files;
    const auto* module = session_.game.module(it.module);
    const auto source = path_of(module->source);
    const auto text = files.read(source, source_limit_bytes);
    if (!text.ok())
      return {error_code::no_module_source,
              fmt::format("module \"{}\" of {}: {}; put its source there, or mend `source`", it.module,
                          session_.game.file, std::string(text.status().message()))};
    const auto room = files.free_bytes(session_.build_directory);
    if (room.ok() && *room < free_bytes_min)
      return {error_code::build_io,
              fmt::format("{} has {} bytes left and a build needs {}: free some space and save {} again",
                          session_.build_directory, *room, free_bytes_min, module->source)};
    const auto directory = fmt::format("{}/{}-{}", session_.build_directory, it.module, it.id);
    if (const auto made = files.make_directory(directory); !made.ok())
      return {error_code::build_io, std::string(made.message())};

    auto& self = source_at(source);
    self.content = platform::hash64(*text);
    add_modules(self.modules, {it.module});
    platform::process_spec spec{.arguments = compile_command({.compiler = session_.compiler,
                                                              .include_directory = session_.include_directory,
                                                              .source = source,
                                                              .image = directory + "/module.so",
                                                              .depfile = directory + "/module.d",
                                                              .linker = linker_},
                                                             module->flags),
                                .temporary_directory = directory,
                                .idle_priority = it.change != 0,
                                .timeout_ns = build_limit_ns};
    if (it.change != 0) spec.cores = session_.build_cores;
    auto process = session_.ports.processes.start(
        spec, [tell = self_.inlet<compiler_ended>(), id = it.id](platform::process_result end) {
          tell({id, end.exit_status, end.signal, end.timed_out, end.cancelled, std::move(end.output),
                end.started_ns, end.ended_ns});
        });
    if (!process.ok()) {
      files.remove(directory).IgnoreError();
      return {error_code::no_compiler, std::string(process.status().message())};
    }
    it.directory = directory;
    running_[it.id] = std::move(*process);
    return {error_code::none, ""};
  }

  build_finished judge(const job& done, const compiler_ended& end) {
    build_finished report{
        .change = done.change, .module = done.module, .started_ns = end.started_ns, .ended_ns = end.ended_ns};
    if (end.timed_out || end.exit_status != 0) {
      report.code = why_failed(end);
      report.text = describe_end(end);
      return report;
    }
    auto image = session_.ports.files.read(done.directory + "/module.so", image_limit_bytes);
    if (!image.ok()) {
      report.code = error_code::build_io;
      report.text = std::string(image.status().message());
      return report;
    }
    report.image = std::move(*image);
    learn_dependencies(done);
    return report;
  }

  error_code why_failed(const compiler_ended& end) const {
    if (end.timed_out) return error_code::build_timed_out;
    const auto room = session_.ports.files.free_bytes(session_.build_directory);
    return room.ok() && *room < free_bytes_min ? error_code::build_io : error_code::compile_failed;
  }

  void learn_dependencies(const job& done) {
    const auto text = session_.ports.files.read(done.directory + "/module.d", source_limit_bytes);
    if (!text.ok()) return;
    for (const auto& path : parse_depfile(*text)) {
      if (!path.starts_with(path_of(""))) continue; // the system's headers are not watched
      auto& source = source_at(path);
      if (std::ranges::find(state.unknown, path) != state.unknown.end())
        touch(path, self_.now()); // perhaps after the compiler had read it
      else if (source.content == 0)
        has_changed(source);
      add_modules(source.modules, {done.module});
    }
  }

  context& self_;
  const session& session_;
  decltype(running_builds::jobs)& running_;
  const orchestrator_actor orchestrator_;
  std::unique_ptr<platform::file_watcher::watch> watch_;
  std::string linker_;
};

} // namespace

actor_spec build_pipeline_spec() {
  return spec_of<build_pipeline>(
      {.name = "build_pipeline", .where = placement::efficiency(), .chain = agent_chain()});
}

} // namespace vesta
