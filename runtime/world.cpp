#include "vesta/runtime/world.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "vesta/runtime/module_check.hpp"
#include "vesta/runtime/nearest.hpp"

namespace vesta {
namespace {

/// Where in the game's order the module that calls itself so belongs.
absl::StatusOr<std::size_t> place_of(const vesta_module* module, const game_description& game,
                                     const platform::address_range& image) {
  std::vector<std::string_view> names;
  for (const auto& known : game.modules) names.push_back(known.name);
  const auto name = module_name(module, image);
  if (!name.ok()) return name.status();
  const auto place = std::find(names.begin(), names.end(), *name);
  if (place != names.end()) return static_cast<std::size_t>(place - names.begin());
  return absl::FailedPreconditionError(
      fmt::format("\"{}\" is no module of {}; {}", *name, game.file, suggest(*name, names)));
}

/// Puts versions that pass the checks into the game's order, over those that are there. Returns their places.
absl::StatusOr<std::vector<std::size_t>> place_versions(std::vector<module_version>& into,
                                                        std::vector<module_version> candidates,
                                                        const game_description& game) {
  std::vector<std::size_t> places;
  for (auto& candidate : candidates) {
    const auto image = image_of(candidate);
    const auto place = place_of(candidate.descriptor, game, image);
    if (!place.ok()) return place.status();
    const auto& name = game.modules[*place].name;
    if (auto checked = check_module(candidate.descriptor, name, game, image); !checked.ok()) return checked;
    if (std::find(places.begin(), places.end(), *place) != places.end())
      return absl::FailedPreconditionError(
          fmt::format("module \"{}\" is there twice; give one version of it", name));
    places.push_back(*place);
    into[*place] = std::move(candidate);
  }
  return places;
}

std::vector<const vesta_module*> descriptors(const std::vector<module_version>& versions) {
  std::vector<const vesta_module*> all;
  for (const auto& version : versions) all.push_back(version.descriptor);
  return all;
}

void append(std::vector<column_shape>& to, std::vector<column_shape> more) {
  for (auto& shape : more) to.push_back(std::move(shape));
}

absl::StatusOr<migrated_tables> next_tables(const layout& now, const std::vector<module_version>& versions,
                                            const std::vector<std::size_t>& places,
                                            const game_description& game) {
  std::vector<column_shape> before, after;
  std::set<std::string> can_migrate;
  for (const auto place : places) {
    append(before, owned_columns(*now.slots[place].version.descriptor));
    append(after, owned_columns(*versions[place].descriptor));
    if (versions[place].descriptor->migrate != nullptr) can_migrate.insert(versions[place].descriptor->name);
  }
  const auto plan = plan_migration(before, after, can_migrate);
  if (!plan.ok()) return plan.status();
  return migrate_tables(now.columns, *plan,
                        [&](const auto& table) { return row_count(game, *game.table(table)); });
}

/// The running columns' checkpoint, and those that only the next versions write: they may spoil these, too.
checkpoint undo_of(const tables& now, const tables& next) {
  checkpoint undo(now);
  for (const auto& [key, entry] : next) {
    const auto* old = now.find(key);
    if (old != nullptr && old->live == entry.live && old->copy == nullptr && entry.copy != nullptr)
      undo.add(entry.live, entry.copy);
  }
  return undo;
}

} // namespace

absl::StatusOr<std::unique_ptr<world>> world::create(world_options options,
                                                     std::vector<module_version> versions) {
  const auto& game = options.game;
  if (options.districts < 1 || options.districts > districts_max)
    return absl::InvalidArgumentError(
        fmt::format("{} districts are not possible; give 1 to {}", options.districts, districts_max));
  std::vector<module_version> placed(game.modules.size());
  const auto places = place_versions(placed, std::move(versions), game);
  if (!places.ok()) return places.status();
  for (std::size_t i = 0; i < placed.size(); ++i)
    if (placed[i].descriptor == nullptr)
      return absl::FailedPreconditionError(fmt::format("module \"{}\" of {} was not given; build and load it",
                                                       game.modules[i].name, game.file));
  const auto all = descriptors(placed);
  if (auto fit = check_modules(all, game); !fit.ok()) return fit;
  auto shapes = shared_columns(game);
  for (const auto* module : all) append(shapes, owned_columns(*module));
  const auto plan = plan_migration({}, shapes, {});
  if (!plan.ok()) return plan.status();
  auto columns =
      migrate_tables({}, *plan, [&](const auto& table) { return row_count(game, *game.table(table)); });
  if (!columns.ok()) return columns.status();
  auto first = make_layout(game, placed, std::move(columns->columns));
  return std::unique_ptr<world>(new world(std::move(options), std::move(first)));
}

world::world(world_options options, std::shared_ptr<layout> first)
    : options_(std::move(options)), active_(std::move(first)), checkpoint_(active_->columns) {
  for (const auto& parameter : options_.game.parameters) values_.push_back(parameter.value);
  fill_parameters(*active_);
}

std::optional<fault> world::init() {
  for (std::size_t stage = 0; stage < stages(); ++stage)
    if (auto what = call(stage, "init", module(stage).version.descriptor->init)) return what;
  active_->columns.protect_constants();
  for (std::size_t stage = 0; stage < stages(); ++stage)
    if (auto what = check(stage)) return what;
  checkpoint_->take(frame_);
  return {};
}

std::optional<std::size_t> world::find(std::string_view name) const {
  for (std::size_t stage = 0; stage < stages(); ++stage)
    if (module(stage).name == name) return stage;
  return {};
}

std::optional<fault> world::step(std::size_t stage, std::uint32_t district) const {
  const auto& slot = active_->slots[stage];
  if (slot.parked || (district != 0 && !slot.is_split())) return {};
  const auto rows = rows_of_district(slot.rows, district, options_.districts);
  return explain(call_module(slot, "step", slot.version.descriptor->step, rows, district, moment(),
                             options_.step_limit_ns));
}

std::optional<fault> world::check(std::size_t stage) const {
  return call(stage, "check", module(stage).version.descriptor->check);
}

absl::StatusOr<std::unique_ptr<prepared_swap>>
world::prepare_swap(std::vector<module_version> candidates) const {
  const auto now = current();
  std::vector<module_version> versions;
  for (const auto& slot : now->slots) versions.push_back(slot.version);
  auto places = place_versions(versions, std::move(candidates), options_.game);
  if (!places.ok()) return places.status();
  if (auto fit = check_modules(descriptors(versions), options_.game); !fit.ok()) return fit;
  auto columns = next_tables(*now, versions, *places, options_.game);
  if (!columns.ok()) return columns.status();
  auto swap = std::make_unique<prepared_swap>();
  swap->conversions_ = std::move(columns->conversions);
  swap->next_ = make_layout(options_.game, versions, std::move(columns->columns));
  swap->stages_ = *std::move(places);
  swap->undo_.emplace(undo_of(now->columns, swap->next_->columns));
  swap->later_.emplace(swap->next_->columns);
  swap->made_for_ = now->generation;
  return swap;
}

absl::Status world::publish(prepared_swap& swap) {
  if (on_probation())
    return absl::FailedPreconditionError("another swap is on probation; publish this one after its end");
  if (swap.next_ == nullptr || swap.made_for_ != active_->generation)
    return absl::AbortedError("the modules have changed since this swap was prepared; prepare it again");
  checkpoint_ = std::move(swap.undo_);
  checkpoint_->take(frame_);
  const auto next = std::move(swap.next_);
  next->generation = next_generation_++;
  fill_parameters(*next);
  for (std::size_t stage = 0; stage < stages(); ++stage) next->slots[stage].parked = module(stage).parked;
  for (const auto stage : swap.stages_) next->slots[stage].parked = false;
  // From here on probation runs, so that roll_back undoes whatever follows.
  previous_ = active_;
  swapped_ = std::move(swap.stages_);
  later_ = std::move(swap.later_);
  exchange(next);
  auto what = fill(swap);
  swap.conversions_.clear(); // while the layouts hold the columns, too, so that no memory is given back here
  active_->columns.protect_constants();
  for (std::size_t i = 0; i < swapped_.size() && !what; ++i) what = check(swapped_[i]);
  if (!what) return absl::OkStatus();
  roll_back();
  return absl::InternalError(describe(*what));
}

std::optional<fault> world::fill(const prepared_swap& swap) const {
  for (const auto& conversion : swap.conversions_) {
    if (conversion.how == carry::widen) {
      convert(conversion);
    } else if (auto what = call_migrate(module(*find(conversion.after.owner)), conversion, frame_,
                                        options_.call_limit_ns)) {
      return explain(std::move(what));
    }
  }
  return {};
}

void world::roll_back() {
  if (on_probation()) {
    auto failed = active_;
    // Modules that were parked meanwhile stay so, unless they get back the code from before the swap.
    for (std::size_t stage = 0; stage < stages(); ++stage)
      if (std::find(swapped_.begin(), swapped_.end(), stage) == swapped_.end())
        previous_->slots[stage].parked = module(stage).parked;
    fill_parameters(*previous_);
    exchange(std::move(previous_));
    previous_ = nullptr;
    bury(std::move(failed));
  }
  // Columns may be constant in this layout and not have been in the one that is left, or the other way round.
  for (const auto& [key, entry] : columns()) entry.live->protect(false);
  frame_ = checkpoint_->restore();
  columns().protect_constants();
}

void world::commit() {
  if (!on_probation()) return;
  for (const auto stage : swapped_) call_dispose(previous_->slots[stage], moment(), options_.call_limit_ns);
  bury(std::move(previous_));
  previous_ = nullptr;
  checkpoint_ = std::move(later_);
  checkpoint_->take(frame_);
}

void world::park(std::size_t stage) { active_->slots[stage].parked = true; }

absl::Status world::refresh_checkpoint() {
  if (on_probation())
    return absl::FailedPreconditionError(
        "a swap is on probation and needs the checkpoint from before it; wait");
  checkpoint_->take(frame_);
  return absl::OkStatus();
}

absl::Status world::set_parameters(const parameter_values& values) {
  const auto& known = options_.game.parameters;
  auto next = values_;
  for (const auto& [name, value] : values) {
    if (auto status = check_parameter(options_.game, name, value); !status.ok()) return status;
    next[static_cast<std::size_t>(options_.game.parameter(name) - known.data())] = value;
  }
  values_ = std::move(next);
  fill_parameters(*active_);
  return absl::OkStatus();
}

std::size_t world::collect() {
  std::vector<std::shared_ptr<layout>> dead;
  {
    const std::lock_guard lock(mutex_);
    dead.swap(graveyard_);
  }
  return dead.size();
}

call_moment world::moment() const {
  return {frame_, 1 / options_.game.rate_hz, options_.seed, options_.districts, &options_.files};
}

std::optional<fault> world::call(std::size_t stage, const char* name, module_function function) const {
  if (function == nullptr) return {};
  const auto& slot = module(stage);
  return explain(call_module(slot, name, function, {0, slot.rows}, 0, moment(), options_.call_limit_ns));
}

std::optional<fault> world::explain(std::optional<fault> what) const {
  if (what && what->crash && what->crash->address != 0 && what->sentence.empty())
    what->sentence = columns().explain(what->crash->address);
  return what;
}

void world::exchange(std::shared_ptr<layout> next) {
  const std::lock_guard lock(mutex_);
  active_.swap(next);
}

void world::fill_parameters(layout& into) const {
  for (auto& slot : into.slots)
    for (std::size_t i = 0; i < slot.parameters.size(); ++i)
      slot.parameters[i] = values_[slot.parameter_places[i]];
}

void world::bury(std::shared_ptr<layout> old) {
  const std::lock_guard lock(mutex_);
  graveyard_.push_back(std::move(old));
}

std::shared_ptr<layout> world::current() const {
  const std::lock_guard lock(mutex_);
  return active_;
}

} // namespace vesta
