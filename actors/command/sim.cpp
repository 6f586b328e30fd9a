#include "vesta/actors/command/sim.hpp"

#include <absl/status/status.h>
#include <fmt/format.h>

#include "vesta/actors/command/game_folder.hpp"
#include "vesta/actors/command/live_run.hpp"
#include "vesta/runtime/log_ring.hpp"
#include "vesta/runtime/node.hpp"

namespace vesta::command {
namespace {

constexpr double length_default_s = 20;

/// The scenario that was asked for or that the game brings, checked against the copy; without steps where
/// there is none.
absl::StatusOr<scenario> choose_scenario(const run_options& options, const std::string& folder,
                                         const game_description& game, platform::file_system& files) {
  auto path = options.scenario;
  if (path.empty()) {
    path = options.game + "/scenarios/tour.toml";
    if (!files.info(path).ok()) path = "none";
  }
  if (path == "none") return scenario{"", options.length_s.value_or(length_default_s), {}};
  auto chosen = read_scenario(files, path);
  if (absl::IsNotFound(chosen.status()))
    return absl::NotFoundError(
        fmt::format("there is no scenario {}; name a file, or say --scenario none", path));
  if (!chosen.ok()) return chosen;
  if (auto status = check_scenario(*chosen, files, folder, game); !status.ok()) return status;
  if (options.length_s) chosen->length_s = *options.length_s;
  if (!chosen->steps.empty() && chosen->steps.back().at_s >= chosen->length_s)
    return absl::InvalidArgumentError(fmt::format(
        "--seconds {:g} ends before the scenario's last step at {:g} s; give more, or --scenario none",
        chosen->length_s, chosen->steps.back().at_s));
  return chosen;
}

/// What `--set` says, before anything is copied or compiled.
absl::Status check_overrides(const run_options& options, game_description game,
                             const platform::file_system& files) {
  for (const auto& each : options.overrides)
    if (auto status = apply_override(game, each); !status.ok()) return status;
  return read_files(files, game).status();
}

absl::Status find_actors(scenario& what, engine& game) {
  std::vector<std::string_view> names;
  for (const auto& entry : game.actors().actors().entries()) names.push_back(entry->name());
  return find_actors(what, names);
}

/// What a step says of actors.
void act(const scenario_step& step, engine& game) {
  if (const auto* demand = std::get_if<demand_step>(&step.action))
    return set_demand(game.actors(), demand->rows);
  const auto* fail = std::get_if<fail_step>(&step.action);
  const bool kills = std::holds_alternative<kill_step>(step.action);
  const bool releases = std::holds_alternative<release_step>(step.action);
  for (const auto& actor : step.actors) {
    if (fail) game.inject(actor, fail->fault);
    if (kills) game.kill(actor, "killed by the scenario");
    if (releases) game.actors().release(actor);
  }
}

/// The crowd's last row: that nothing was lost.
step_outcome judge(const crowd_options& crowd, double at_s, engine& game, const platform::interrupt& stop) {
  constexpr platform::nanoseconds look_every_ns = 50'000'000;
  constexpr int looks = 100;
  set_demand(game.actors(), 0);
  auto account = account_of(game.actors());
  for (int i = 0; i < looks && account.lost() > 0 && !stop.wait(look_every_ns); ++i)
    account = account_of(game.actors());
  const crowd_account wanted{
      .sent = account.sent, .handled = account.sent - crowd.set_aside, .set_aside = crowd.set_aside};
  return {"the crowd's messages", at_s, account_text(wanted), account_text(account),
          is_as_expected(account, crowd)};
}

/// What the command says is about the user's folder, not about the copy.
absl::Status reworded(const absl::Status& status, const private_copy& copy, const std::string& original) {
  return absl::Status(status.code(), without_copy(std::string(status.message()), copy.folder(), original));
}

absl::StatusOr<int> run_copy(const run_options& options, const platform::topology& cores, scenario played,
                             const private_copy& copy, const console& to) {
  const platform::interrupt stop;
  const background_log log({.cores = cores.efficiency});
  auto opened = engine::open({.game_folder = copy.folder(),
                              .overrides = options.overrides,
                              .cores = cores,
                              .seed = options.seed,
                              .compiler = options.compiler,
                              .stop = &stop,
                              .journal = options.journal,
                              .alert_webhook = options.alert_webhook,
                              .supervisors = crowd_tree(played.crowd)});
  if (!opened.ok()) return reworded(opened.status(), copy, options.game);
  engine& game = **opened;
  if (auto status = find_actors(played, game); !status.ok()) return status;
  to.out << opening_line(game, cores, options, to);
  if (!played.file.empty())
    to.out << to.dim(fmt::format("plays {} on a copy of {}/", played.file, options.game)) << "\n\n";
  to.out.flush();

  scenario_player player(played, platform::real_files(), copy.folder(),
                         [&](const scenario_step& step) { act(step, game); });
  if (played.crowd.actors > 0) set_demand(game.actors(), usual_demand);
  auto summary =
      run_live({.game = game,
                .stop = stop,
                .player = &player,
                .length_s = played.length_s,
                .reword = [&](std::string text) { return without_copy(std::move(text), copy.folder(), ""); }},
               to);
  if (!summary.ok()) return reworded(summary.status(), copy, options.game);
  if (played.crowd.actors > 0 && !summary->interrupted)
    summary->steps.push_back(judge(played.crowd, played.length_s, game, stop));
  summary->scenario = played.file;
  summary->seed = options.seed;
  summary->cores = cores;
  return conclude(*summary, options.json, to);
}

} // namespace

absl::StatusOr<int> run_sim(run_options options, const console& to) {
  auto& files = platform::real_files();
  if (options.game.empty()) {
    auto city = find_city(files);
    if (!city.ok()) return city.status();
    options.game = *std::move(city);
  }
  const auto cores = platform::find_topology(options.performance, options.efficiency);
  if (!cores.ok()) return cores.status();
  const auto game = read_game_folder(files, options.game);
  if (!game.ok()) return game.status();
  if (!options.json.empty())
    if (auto status = check_writable(files, options.json); !status.ok()) return status;
  if (auto status = check_overrides(options, *game, files); !status.ok()) return status;
  const auto copy = private_copy::make(files, options.game);
  if (!copy.ok()) return copy.status();
  auto played = choose_scenario(options, (*copy)->folder(), *game, files);
  if (!played.ok()) return reworded(played.status(), **copy, options.game);
  return run_copy(options, *cores, *std::move(played), **copy, to);
}

} // namespace vesta::command
