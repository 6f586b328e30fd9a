#include "vesta/actors/command/command_line.hpp"

#include <CLI/CLI.hpp>
#include <charconv>
#include <fmt/format.h>

#include "vesta/actors/command/doctor.hpp"
#include "vesta/actors/command/journal_command.hpp"
#include "vesta/actors/command/run_options.hpp"
#include "vesta/actors/command/sim.hpp"
#include "vesta/actors/command/top.hpp"
#include "vesta/actors/command/watch.hpp"
#include "vesta/actors/engine.hpp"
#include "vesta/messages/errors.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/platform/topology.hpp"
#include "vesta/runtime/nearest.hpp"

namespace vesta::command {
namespace {

/// The texts of the options, before they are checked.
struct given {
  run_options run;
  std::string seconds, seed, performance, efficiency, pid;
  bool once = false;
  journal_request journal;
};

void add_run_options(CLI::App& sub, given& to) {
  sub.allow_extras();
  sub.add_option("--set", to.run.overrides, "Give a parameter or file of game.toml a value; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  sub.add_option("--performance-cores", to.performance, "Cores that run the game, such as 0,2-5")
      ->type_name("LIST");
  sub.add_option("--efficiency-cores", to.efficiency, "Cores that do everything else")->type_name("LIST");
  sub.add_option("--json", to.run.json, "Write the report to this file, too")->type_name("FILE");
  sub.add_option("--journal", to.run.journal,
                 "Write each failure, cure and change to this journal; see `vesta journal`")
      ->type_name("FILE");
  sub.add_option("--alert-webhook", to.run.alert_webhook,
                 "Post an alert to this URL when nobody could cure a failure; a secret one is better off in "
                 "the variable")
      ->type_name("URL")
      ->envname("VESTA_ALERT_WEBHOOK");
  sub.add_option("--seed", to.seed, "Of every random number; 1 unless given")->type_name("N");
  sub.add_option("--compiler", to.run.compiler, "Builds the modules; else the first of g++, clang++, c++")
      ->type_name("PATH");
}

/// An option that is given says something.
std::string refuse_empty(const std::string& text) {
  return text.empty() ? "give it a value, or leave it out" : "";
}

void add_journal_options(CLI::App& sub, journal_request& to) {
  sub.allow_extras();
  sub.add_option("ACTION", to.action, "show, verify (ends with 1 when the chain is broken) or export");
  sub.add_option("FILE", to.file, "A file that --journal has written; may be written at the same time");
  sub.add_option("--actor", to.actor, "Only records of this actor or module")
      ->type_name("NAME")
      ->check(refuse_empty, "");
  sub.add_option("--code", to.code, "Only records with this error, such as 0x3501 or compile_failed")
      ->type_name("CODE")
      ->check(refuse_empty, "");
  sub.add_option("--since", to.since,
                 "Only from this time on: 2026-11-21T14:10:00 (UTC), or 15m: so long ago")
      ->type_name("TIME")
      ->check(refuse_empty, "");
  sub.add_option("--until", to.until, "Only up to this time")->type_name("TIME")->check(refuse_empty, "");
  sub.add_flag("--json", to.json, "Export as JSON, one record a line; so it is unless --csv is given");
  sub.add_flag("--csv", to.csv, "Export as CSV");
}

absl::Status read_seconds(const std::string& text, run_options& run) {
  if (text.empty()) return absl::OkStatus();
  double value = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec == std::errc() && parsed.ptr == end && value > 0 && value <= length_max_s) {
    run.length_s = value;
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(fmt::format(
      "--seconds {}: give a number above 0 and at most {}, such as 20 or 2.5", text, length_max_s));
}

absl::Status read_seed(const std::string& text, run_options& run) {
  if (text.empty()) return absl::OkStatus();
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, run.seed);
  if (parsed.ec == std::errc() && parsed.ptr == end) return absl::OkStatus();
  return absl::InvalidArgumentError(fmt::format("--seed {}: give a whole number from 0 to {}", text,
                                                std::numeric_limits<std::uint64_t>::max()));
}

absl::StatusOr<std::optional<int>> read_pid(const std::string& text) {
  if (text.empty()) return std::optional<int>{};
  int pid = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, pid);
  if (parsed.ec == std::errc() && parsed.ptr == end && pid > 0) return std::optional(pid);
  return absl::InvalidArgumentError(
      fmt::format("top {}: give the number of a process, or none for the game that runs", text));
}

absl::Status read_cores(std::string_view option, const std::string& text, std::vector<int>& to) {
  if (text.empty()) return absl::OkStatus();
  auto cores = platform::parse_core_list(text);
  if (!cores.ok())
    return absl::InvalidArgumentError(fmt::format("{}: {}", option, sentence_of(cores.status())));
  to = *std::move(cores);
  return absl::OkStatus();
}

absl::StatusOr<run_options> checked(given from) {
  if (auto status = read_seconds(from.seconds, from.run); !status.ok()) return status;
  if (auto status = read_seed(from.seed, from.run); !status.ok()) return status;
  if (auto status = read_cores("--performance-cores", from.performance, from.run.performance); !status.ok())
    return status;
  if (auto status = read_cores("--efficiency-cores", from.efficiency, from.run.efficiency); !status.ok())
    return status;
  return std::move(from.run);
}

/// The first argument that nobody took, as an error; `line` is the command up to there.
absl::Status refuse_extras(const CLI::App& app, std::string_view line) {
  const auto extras = app.remaining();
  if (extras.empty()) return absl::OkStatus();
  const bool is_option = extras.front().starts_with("-");
  const auto word = extras.front().substr(0, extras.front().find('='));
  std::vector<std::string> names;
  for (const auto* option : app.get_options())
    if (is_option && !option->get_positional()) names.push_back(option->get_name());
  for (const auto* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    if (!is_option) names.push_back(sub->get_name());
  if (names.empty())
    return absl::InvalidArgumentError(
        fmt::format("one argument too many: \"{}\"; see `{} --help`", word, line));
  const std::vector<std::string_view> known(names.begin(), names.end());
  return absl::InvalidArgumentError(
      fmt::format("unknown {} {}; {}", is_option ? "option" : "command", word, suggest(word, known)));
}

int refuse(const console& to, std::string_view sentence) {
  to.err << "vesta: " << sentence << "\n";
  return bad_input;
}

/// The command line's grammar and what it found.
struct command_line {
  CLI::App app{"Vesta keeps a running game alive while its code changes.", "vesta"};
  given options;
  CLI::App* sim =
      app.add_subcommand("sim", "Run a game on a private copy of its folder and play a scenario on it");
  CLI::App* watch =
      app.add_subcommand("watch", "Run a game and bring your own edits of its folder in, until Ctrl-C");
  CLI::App* top = app.add_subcommand("top", "Show a running game's frames, modules and actors, until Ctrl-C");
  CLI::App* journal = app.add_subcommand(
      "journal", "Show, verify or export what --journal has written: show, verify, export");
  CLI::App* doctor =
      app.add_subcommand("doctor", "Say what this machine offers, and what would be slow or is missing");
  CLI::App* tree =
      app.add_subcommand("tree", "Print Vesta's supervision tree: rules, chains, worst case of restarts");
  CLI::App* errors = app.add_subcommand("errors", "Print the table of error codes as Markdown");

  command_line() {
    app.set_version_flag("--version", "vesta " VESTA_VERSION, "Print the version and exit");
    app.set_help_flag("-h,--help", "Print this help and exit");
    app.get_formatter()->column_width(36);
    app.allow_extras();
    sim->add_option("GAME", options.run.game,
                    "Folder with a game.toml; the city that comes with Vesta unless given");
    sim->add_option("--seconds", options.seconds, "How long; the scenario's length, or 20, unless given")
        ->type_name("S");
    sim->add_option("--scenario", options.run.scenario,
                    "What happens to the game; GAME/scenarios/tour.toml, if it exists, unless given; "
                    "\"none\": nothing")
        ->type_name("FILE");
    watch->add_option("DIR", options.run.game, "Folder with a game.toml; has to be there");
    watch->add_option("--seconds", options.seconds, "How long; until Ctrl-C unless given")->type_name("S");
    add_run_options(*sim, options);
    add_run_options(*watch, options);
    top->add_option("PID", options.pid, "The game's process; the one that runs unless given");
    top->add_flag("--once", options.once, "Print one table and end, as when the output is no terminal");
    top->allow_extras();
    add_journal_options(*journal, options.journal);
    doctor->allow_extras();
    tree->allow_extras();
    errors->allow_extras();
  }
};

absl::StatusOr<int> run_game(const command_line& line, const CLI::App* sub, const console& to) {
  if (sub == line.top) {
    const auto pid = read_pid(line.options.pid);
    return pid.ok() ? run_top(*pid, line.options.once, to) : pid.status();
  }
  if (sub == line.journal) return run_journal(line.options.journal, platform::steady_clock().wall(), to);
  if (sub == line.watch && line.options.run.game.empty())
    return absl::InvalidArgumentError(
        "say which folder: vesta watch DIR, with a game.toml in it; see `vesta watch --help`");
  auto options = checked(line.options);
  if (!options.ok()) return options.status();
  return sub == line.sim ? run_sim(*std::move(options), to) : run_watch(*std::move(options), to);
}

int run_parsed(const command_line& line, const console& to) {
  if (auto status = refuse_extras(line.app, "vesta"); !status.ok()) return refuse(to, sentence_of(status));
  const auto subs = line.app.get_subcommands();
  if (subs.empty())
    return refuse(
        to, "say what to do: sim, watch, top, journal, doctor, tree or errors; `vesta --help` explains them");
  const auto* sub = subs.front();
  if (auto status = refuse_extras(*sub, "vesta " + sub->get_name()); !status.ok())
    return refuse(to, sentence_of(status));
  if (sub == line.doctor) return run_doctor(to);
  if (sub == line.tree) {
    to.out << engine::tree_text();
    return as_expected;
  }
  if (sub == line.errors) {
    to.out << errors_markdown();
    return as_expected;
  }
  const auto status = run_game(line, sub, to);
  if (status.ok()) return *status;
  refuse(to, sentence_of(status.status()));
  return absl::IsCancelled(status.status()) ? interrupted : bad_input;
}

} // namespace

int run_command(const std::vector<std::string>& arguments, const console& to) {
  command_line line;
  try {
    line.app.parse(
        std::vector<std::string>(arguments.rbegin(), arguments.rend())); // CLI11 takes them from the back
  } catch (const CLI::Success& asked) {                                  // --help or --version
    line.app.exit(asked, to.out, to.err);
    return as_expected;
  } catch (const CLI::ParseError& error) {
    const auto subs = line.app.get_subcommands();
    return refuse(to, fmt::format("{}; see `vesta {}--help`", error.what(),
                                  subs.empty() ? "" : subs.front()->get_name() + " "));
  }
  return run_parsed(line, to);
}

} // namespace vesta::command
