#include "vesta/actors/command/watch.hpp"

#include <fmt/format.h>

#include "vesta/actors/command/game_folder.hpp"
#include "vesta/actors/command/live_run.hpp"
#include "vesta/runtime/log_ring.hpp"

namespace vesta::command {

absl::StatusOr<int> run_watch(run_options options, const console& to) {
  auto& files = platform::real_files();
  const auto cores = platform::find_topology(options.performance, options.efficiency);
  if (!cores.ok()) return cores.status();
  if (const auto game = read_game_folder(files, options.game); !game.ok()) return game.status();
  if (!options.json.empty())
    if (auto status = check_writable(files, options.json); !status.ok()) return status;

  const platform::interrupt stop;
  const background_log log({.cores = cores->efficiency});
  const auto game = engine::open({.game_folder = options.game,
                                  .overrides = options.overrides,
                                  .cores = *cores,
                                  .seed = options.seed,
                                  .compiler = options.compiler,
                                  .stop = &stop,
                                  .journal = options.journal,
                                  .alert_webhook = options.alert_webhook});
  if (!game.ok()) return game.status();
  to.out << opening_line(**game, *cores, options, to)
         << to.dim(fmt::format("save a file in {} to change the game; Ctrl-C ends it", options.game))
         << "\n\n"
         << std::flush;
  auto summary = run_live({.game = **game, .stop = stop, .length_s = options.length_s}, to);
  if (!summary.ok()) return summary.status();
  summary->users_edits = true;
  summary->seed = options.seed;
  summary->cores = *cores;
  return conclude(*summary, options.json, to);
}

} // namespace vesta::command
