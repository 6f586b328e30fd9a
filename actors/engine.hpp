#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/actors/recovery/recovery.hpp"
#include "vesta/messages/report.hpp"
#include "vesta/platform/interrupt.hpp"
#include "vesta/platform/topology.hpp"
#include "vesta/runtime/hosted_scheduler.hpp"

namespace vesta {

class node;

struct engine_options {
  std::string game_folder = {};            ///< holds game.toml; its files are watched, and never written
  std::vector<std::string> overrides = {}; ///< "NAME=VALUE", as `--set` takes them
  platform::topology cores = {};           ///< as node_options::cores
  std::uint64_t seed = 1;                  ///< of the game and of every actor
  std::string compiler = {};               ///< empty: the first of g++, clang++ and c++ that there is
  unsigned districts_per_core = 4; ///< actors that share the rows, per performance core; more: finer, dearer
  unsigned probation_frames = 120; ///< that a new version has to live through before the old one goes
  const platform::interrupt* stop = nullptr; ///< a signal ends an `open` that is under way
  /// The host owns the loop: actors run inside `tick` alone, and their time is the host's. Files are watched
  /// and compilers read beside it, on threads that sleep.
  bool hosted = false;
  /// Show the game to other processes (`vesta top`) in a page of shared memory, which goes with the engine.
  /// In a process with several engines, the first one's.
  bool control_page = true;
  /// File of the journal, which is made or gone on with: every failure, its cure, every change. Empty: none.
  std::string journal = {};
  std::uint64_t journal_limit_bytes = 64 << 20; ///< of its records; then the oldest quarter goes
  /// URL (http or https) that an alert is posted to, as JSON, when nobody could cure a failure. It may hold a
  /// secret: it is never shown beyond its host. Empty: alerts go to the log alone.
  std::string alert_webhook = {};
  /// Recovery strategies of the host's own, beside Vesta's eight.
  std::vector<own_strategy> strategies = {};
  /// Supervisors of the host's own, with its actors, below the root and started after Vesta's.
  std::vector<supervisor_spec> supervisors = {};
};

/// A game under Vesta: opened from its folder, running frames, its modules swapped as their sources change.
/// What a program that embeds Vesta holds. Used from one thread, but for `set_parameter`.
class engine {
public:
  /// Reads the game, builds and verifies all its modules, makes the world. Blocks until the first frame could
  /// run. The error is one sentence (what, where, what to do), of cores that this process cannot use, too;
  /// nothing is left behind.
  static absl::StatusOr<std::unique_ptr<engine>> open(engine_options options);
  ~engine();

  /// Lets frames come at the game's rate, and the sources be watched.
  void begin();
  /// Runs what is ready on this thread, for a hosted engine; see runtime/hosted_scheduler.hpp. Throws
  /// std::logic_error for any other.
  tick_report tick(const tick_request& wanted);
  /// Blocks until the frame at hand is over; there is none after it.
  void end();

  /// Sets a parameter of the game at the next frame boundary. Of several values the last one counts, until
  /// the tuning file is saved again. From any thread: takes no lock, waits for nobody, and allocates nothing
  /// unless it refuses. The error is one sentence: no such parameter, a number of rows, a value out of its
  /// bounds, or 256 values that wait for the boundary already.
  absl::Status set_parameter(std::string_view name, double value);
  /// Values that were refused because too many waited. From any thread.
  std::uint64_t values_refused() const;

  /// What happened so far. Asks developer_tools and waits; empty when that gives no answer for five seconds.
  run_report report();

  /// The supervision tree of an engine with one district, for people; see runtime/tree_text.hpp.
  static std::string tree_text();

  /// Ends an actor's incarnation as a crash would. False when no actor has that name.
  bool kill(std::string_view actor, const std::string& reason);
  /// Makes an actor fail on purpose, from its next message on. False when no actor has that name.
  bool inject(std::string_view actor, const inject_fault& what);

  /// Messages that actors have sent since the opening, frames included.
  std::uint64_t messages_sent() const;
  /// Of the world's columns, checkpoints not counted.
  std::uint64_t game_bytes() const;
  /// The game's name, and its frames a second and milliseconds.
  std::string name() const;
  double rate_hz() const;
  double budget_ms() const;
  /// The supervision tree.
  node& actors();

private:
  struct parts;
  explicit engine(std::unique_ptr<parts> all);
  std::unique_ptr<parts> parts_;
};

} // namespace vesta
