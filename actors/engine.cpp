#include "vesta/actors/engine.hpp"

#include <condition_variable>
#include <mutex>
#include <spdlog/spdlog.h>

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/platform/files.hpp"
#include "vesta/platform/http.hpp"
#include "vesta/platform/library.hpp"
#include "vesta/platform/process.hpp"
#include "vesta/platform/shared_page.hpp"
#include "vesta/runtime/control_desk.hpp"
#include "vesta/runtime/journal_events.hpp"
#include "vesta/runtime/module_header.hpp"
#include "vesta/runtime/node.hpp"
#include "vesta/runtime/recent_decisions.hpp"
#include "vesta/runtime/session.hpp"
#include "vesta/runtime/tree_text.hpp"
#include "vesta/runtime/world.hpp"

namespace vesta {
namespace {

/// A `step` of one district that takes this many frames' budgets hangs.
constexpr double step_limit_frames = 30;
constexpr std::chrono::seconds report_limit{5};
/// The last chance of alerts that are still to be sent when the engine ends.
constexpr std::chrono::seconds alerts_limit{2};
constexpr std::chrono::milliseconds look_every{50}, hosted_look_every{1};
/// Of the ticks by which a hosted engine waits for its actors.
constexpr platform::nanoseconds waiting_tick_ns = 5'000'000;

platform::ports real_ports() {
  return {platform::steady_clock(),   platform::real_files(),     platform::inotify_watcher(),
          platform::real_processes(), platform::real_libraries(), platform::real_http()};
}

/// Lets the host's thread wait for what actors say.
class host final : public session_listener, public supervision_listener {
public:
  void opened() override {
    set([this] { opened_ = true; });
  }
  void refused(error_code, const std::string& text) override {
    set([&] { refusal_ = text; });
  }
  void frames_ended() override {
    set([this] { ended_ = true; });
  }
  void alerts_closed() override {
    set([this] { alerts_closed_ = true; });
  }

  void on_failure(const failure& what, remedy chosen) override {
    if (book) write_down(*book, what, chosen);
    const std::lock_guard lock{mutex_};
    decisions_.add(what, chosen);
    vesta::tell(tools_, failure_seen{what, chosen});
  }
  void on_recovered(const recovered& what) override {
    if (book) write_down(*book, what);
    const std::lock_guard lock{mutex_};
    vesta::tell(tools_, what);
  }
  void on_escalated_to_root(const escalation& what) override {
    if (book) write_down(*book, what);
    const std::lock_guard lock{mutex_};
    vesta::tell(orchestrator_, what);
    auto alarm = decisions_.about(what);
    alarm.wall_ns = platform::steady_clock().wall();
    if (letters_) alarm.dead_letters = letters_->size();
    vesta::tell(alerts_, std::move(alarm));
  }

  /// Whom the supervisors' decisions are told to, from now on.
  void connect(node& actors) {
    const std::lock_guard lock{mutex_};
    letters_ = &actors.dead_letters();
    alerts_ = actors.find<alerts_actor>("alerts");
    tools_ = actors.find<developer_tools_actor>("developer_tools");
    orchestrator_ = actors.find<orchestrator_actor>("orchestrator");
  }
  void disconnect() {
    const std::lock_guard lock{mutex_};
    letters_ = nullptr;
    alerts_ = nullptr;
    tools_ = nullptr;
    orchestrator_ = nullptr;
  }

  /// While a hosted game is waited for, `meanwhile` runs its actors.
  absl::Status wait_until_open(const platform::interrupt* stop, const std::function<void()>& meanwhile) {
    const auto interrupted = [stop] { return stop && stop->came(); };
    bool over = false;
    while (!over && !interrupted()) over = wait([this] { return opened_ || refusal_; }, meanwhile);
    // Ctrl-C reaches the compilers, too: that one of them failed is no news then.
    if (!over || (!opened_ && interrupted()))
      return absl::CancelledError("interrupted while the game was being opened");
    return opened_ ? absl::OkStatus() : absl::InvalidArgumentError(*refusal_);
  }
  void wait_until_ended(const std::function<void()>& meanwhile) {
    while (!wait([this] { return ended_; }, meanwhile)) {
    }
    ended_ = false;
  }
  /// False when alerts were still to be sent after `alerts_limit`.
  bool wait_until_alerts_closed(const std::function<void()>& meanwhile) {
    const auto until = platform::steady_clock().now() + std::chrono::nanoseconds(alerts_limit).count();
    bool over = false;
    while (!over && platform::steady_clock().now() < until)
      over = wait([this] { return alerts_closed_; }, meanwhile);
    return over;
  }

  journal* book = nullptr; ///< set before the actors start; null: none is kept

private:
  template <class Condition>
  bool wait(Condition over, const std::function<void()>& meanwhile) {
    if (meanwhile) meanwhile();
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, meanwhile ? hosted_look_every : look_every, over);
  }
  template <class Change>
  void set(Change change) {
    const std::lock_guard lock{mutex_};
    change();
    changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool opened_ = false, ended_ = false, alerts_closed_ = false;
  std::optional<std::string> refusal_;
  recent_decisions decisions_;
  dead_letters* letters_ = nullptr;
  alerts_actor alerts_;
  developer_tools_actor tools_;
  orchestrator_actor orchestrator_;
};

absl::StatusOr<std::string> find_compiler(const std::string& wanted) {
  auto& processes = platform::real_processes();
  if (wanted.find('/') != std::string::npos) {
    if (const auto there = platform::real_files().info(wanted); there.ok() && !there->is_directory)
      return wanted;
    return absl::NotFoundError("there is no compiler " + wanted +
                               ": name a program or its full path with --compiler");
  }
  if (!wanted.empty()) return processes.find_program(wanted);
  for (const auto* name : {"g++", "clang++", "c++"})
    if (auto found = processes.find_program(name); found.ok()) return found;
  return absl::NotFoundError(
      "there is no C++ compiler on PATH (g++, clang++, c++): install one, or name one with --compiler");
}

/// The game as its folder and the overrides say, with all files read.
absl::StatusOr<session> read_session(const engine_options& options) {
  auto& files = platform::real_files();
  auto game = read_game(files, options.game_folder);
  if (!game.ok()) return game.status();
  for (const auto& each : options.overrides)
    if (const auto status = apply_override(*game, each); !status.ok()) return status;
  if (!game->tuning.empty()) {
    const auto path = options.game_folder + "/" + game->tuning;
    const auto text = files.read(path, 1 << 20);
    if (!text.ok()) return text.status();
    const auto values = parse_tuning(*text, path, *game);
    if (!values.ok()) return values.status();
    for (auto& parameter : game->parameters)
      if (const auto it = values->find(parameter.name); it != values->end()) parameter.value = it->second;
  }
  auto contents = read_files(files, *game);
  if (!contents.ok()) return contents.status();
  const auto compiler = find_compiler(options.compiler);
  if (!compiler.ok()) return compiler.status();

  session made{.ports = real_ports(), .game = *std::move(game), .files = *std::move(contents)};
  made.folder = options.game_folder;
  made.compiler = *compiler;
  made.alert_webhook = options.alert_webhook;
  made.build_cores = options.cores.efficiency;
  made.seed = options.seed;
  made.districts = static_cast<std::uint32_t>(std::max<std::size_t>(1, options.cores.performance.size()) *
                                              std::max(1U, options.districts_per_core));
  made.probation_frames = options.probation_frames;
  made.step_limit_ns = static_cast<std::int64_t>(made.game.budget_ms * 1e6 * step_limit_frames);
  return made;
}

/// A directory that goes with its owner.
class temporary_directory {
public:
  explicit temporary_directory(std::string path) : path_(std::move(path)) {}
  ~temporary_directory() {
    if (!path_.empty()) platform::real_files().remove(path_).IgnoreError();
  }
  temporary_directory(temporary_directory&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  temporary_directory& operator=(temporary_directory&&) = delete;

private:
  std::string path_;
};

} // namespace

struct engine::parts {
  parts(session opened, temporary_directory build_directory, std::unique_ptr<journal> trail,
        const engine_options& options)
      : builds(std::move(build_directory)), book(std::move(trail)), about(std::move(opened)) {
    about.listener = &listener;
    services lent;
    listener.book = book.get();
    if (book) lent.lend(*book);
    note(journal_kind::started);
    lent.lend(about);
    lent.lend(slot);
    lent.lend(queue);
    lent.lend(commands);
    lent.lend(running);
    lent.lend(post);
    lent.lend(desk);
    actors = std::make_unique<node>(
        node_options{
            .cores = options.cores, .seed = options.seed, .listener = &listener, .hosted = options.hosted},
        vesta_tree(about.districts, options.strategies, options.supervisors), std::move(lent));
    listener.connect(*actors);
    if (options.control_page) open_desk();
    if (!options.hosted) return;
    about.pace = &actors->time();
    meanwhile = [this] { actors->tick({.budget = waiting_tick_ns}); };
  }
  ~parts() {
    close_alerts();
    listener.disconnect();
    actors.reset(); // before the world that its actors work on
    note(journal_kind::stopped);
  }

  void note(journal_kind kind) {
    if (book) book->append({.kind = kind, .actor = "engine", .text = about.game.name, .recovery = {}});
  }

  void close_alerts() {
    if (about.alert_webhook.empty()) return;
    actors->send(actors->find<alerts_actor>("alerts"), vesta::close_alerts{});
    if (!listener.wait_until_alerts_closed(meanwhile))
      spdlog::log(
          spdlog::level::critical,
          fmt::format("the webhook at {} did not take every alert within {} s of the end: what it missed "
                      "is in this log",
                      platform::shown_url(about.alert_webhook), alerts_limit.count()));
  }

  /// A game runs as well unseen.
  void open_desk() {
    const auto status = desk.open(platform::real_shared_pages(), platform::this_process());
    if (status.ok()) return desk.connect(*actors);
    spdlog::log(spdlog::level::warn, "`vesta top` will not see this game: " + std::string(status.message()));
  }

  temporary_directory builds;
  std::unique_ptr<journal> book; ///< null: none is kept
  session about;
  host listener;
  world_slot slot;
  boundary_queue queue;
  host_commands commands;
  running_builds running;
  running_post post;
  control_desk desk{platform::steady_clock(), about.game};
  std::unique_ptr<node> actors;
  std::function<void()> meanwhile; ///< what a thread that waits does in a hosted game
};

namespace {

/// The sentence does not show the URL, which may hold a secret.
absl::Status check_webhook(const std::string& url) {
  if (url.empty()) return absl::OkStatus();
  const auto status = platform::check_url(url);
  if (status.ok()) return status;
  return absl::InvalidArgumentError("the alert webhook (--alert-webhook, or VESTA_ALERT_WEBHOOK): " +
                                    std::string(status.message()));
}

/// Null where none is wanted.
absl::StatusOr<std::unique_ptr<journal>> open_journal(const engine_options& options) {
  if (options.journal.empty()) return nullptr;
  return journal::open(options.journal,
                       {.limit_bytes = options.journal_limit_bytes, .cores = options.cores.efficiency});
}

} // namespace

absl::StatusOr<std::unique_ptr<engine>> engine::open(engine_options options) {
  if (auto status = check_webhook(options.alert_webhook); !status.ok()) return status;
  if (!options.hosted) {
    auto cores = platform::completed(std::move(options.cores));
    if (!cores.ok()) return cores.status();
    options.cores = *std::move(cores);
  }
  auto about = read_session(options);
  if (!about.ok()) return about.status();
  auto& files = platform::real_files();
  auto directory = files.make_temporary_directory("vesta-build-");
  if (!directory.ok()) return directory.status();
  temporary_directory builds{*directory};
  about->build_directory = *directory;
  about->include_directory = *directory + "/include";
  if (auto made = files.make_directory(about->include_directory + "/vesta"); !made.ok()) return made;
  if (auto made = files.write(about->include_directory + "/vesta/module.h", module_header()); !made.ok())
    return made;

  auto book = open_journal(options);
  if (!book.ok()) return book.status();
  std::unique_ptr<engine> made;
  try { // the host's own supervisors may contradict the game's, or themselves
    made.reset(
        new engine(std::make_unique<parts>(*std::move(about), std::move(builds), *std::move(book), options)));
  } catch (const std::invalid_argument& error) {
    return absl::InvalidArgumentError(error.what());
  }
  auto& all = *made->parts_;
  all.actors->start();
  all.actors->send(all.actors->find<orchestrator_actor>("orchestrator"), open_game{});
  if (auto status = all.listener.wait_until_open(options.stop, all.meanwhile); !status.ok()) return status;
  return made;
}

engine::engine(std::unique_ptr<parts> all) : parts_(std::move(all)) {}
engine::~engine() = default;

void engine::begin() {
  parts_->actors->send(parts_->actors->find<frame_clock_actor>("frame_clock"), begin_frames{});
}

tick_report engine::tick(const tick_request& wanted) { return parts_->actors->tick(wanted); }

void engine::end() {
  parts_->actors->send(parts_->actors->find<frame_clock_actor>("frame_clock"), end_frames{});
  parts_->listener.wait_until_ended(parts_->meanwhile);
}

absl::Status engine::set_parameter(std::string_view name, double value) {
  const auto& game = parts_->about.game;
  if (auto status = check_parameter(game, name, value); !status.ok()) return status;
  const auto place = static_cast<std::uint32_t>(game.parameter(name) - game.parameters.data());
  if (parts_->commands.ring.push({place, value})) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      fmt::format("{} values wait for the end of a frame already; set them less often, or let frames run",
                  host_commands::waiting_max));
}

std::uint64_t engine::values_refused() const { return parts_->commands.ring.overflows(); }

run_report engine::report() {
  auto& actors = *parts_->actors;
  const auto tools = actors.find<developer_tools_actor>("developer_tools");
  return actors.ask<run_report>(tools, report_request{}, report_limit).value_or(run_report{});
}

std::string engine::tree_text() { return vesta::tree_text(vesta_tree(1)); }

bool engine::inject(std::string_view actor, const inject_fault& what) {
  return parts_->actors->inject(actor, what);
}

bool engine::kill(std::string_view actor, const std::string& reason) {
  return parts_->actors->kill(actor, reason);
}

std::uint64_t engine::messages_sent() const {
  std::uint64_t sum = 0;
  for (const auto& entry : parts_->actors->actors().entries())
    sum += entry->counters->sent.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t engine::game_bytes() const {
  const auto* game = parts_->slot.get();
  return game ? game->columns().size_bytes() : 0;
}

std::string engine::name() const { return parts_->about.game.name; }
double engine::rate_hz() const { return parts_->about.game.rate_hz; }
double engine::budget_ms() const { return parts_->about.game.budget_ms; }
node& engine::actors() { return *parts_->actors; }

} // namespace vesta
