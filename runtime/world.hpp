#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/runtime/checkpoint.hpp"
#include "vesta/runtime/game.hpp"
#include "vesta/runtime/layout.hpp"
#include "vesta/runtime/module_call.hpp"

namespace vesta {

struct world_options {
  game_description game; ///< with all `--set` applied
  file_contents files;   ///< as read_files gives them
  std::uint64_t seed = 0;
  std::uint32_t districts = 1;    ///< 1 to `districts_max`
  std::int64_t step_limit_ns = 0; ///< for one `step` of one district; 0: none
  std::int64_t call_limit_ns = 0; ///< for one `init`, `check`, `migrate` or `dispose`; 0: none
};

constexpr std::uint32_t districts_max = 4096;

/// The next version of one or more modules, made ready beside the running game. Dropping it is all that it
/// takes to change one's mind; better not on the boundary's thread, for memory may be given back.
class prepared_swap {
public:
  /// Columns that `publish` has to convert, in the frame.
  std::size_t conversions() const { return conversions_.size(); }

private:
  friend class world;

  std::shared_ptr<layout> next_;
  std::vector<std::size_t> stages_; ///< that get a new version
  std::vector<conversion> conversions_;
  std::optional<checkpoint> undo_;  ///< back to before the swap
  std::optional<checkpoint> later_; ///< for the time after `commit`
  std::uint64_t made_for_ = 0;      ///< the generation of the layout that it replaces
};

/// A game's state and the code that runs on it.
///
/// Threads: the game has a boundary's thread (in practice: whoever runs the frame clock's turn between two
/// frames), and between two boundaries districts `step`, each on any thread, the stages one after the other.
/// Whoever sends the messages in between orders these memory accesses. `prepare_swap` and `collect` are for
/// any thread at any time; all else is the boundary's.
class world {
public:
  /// Checks the modules, one version for each of the game's in any order, and allocates all columns. Call
  /// `init` next.
  static absl::StatusOr<std::unique_ptr<world>> create(world_options options,
                                                       std::vector<module_version> versions);

  world(const world&) = delete;
  world& operator=(const world&) = delete;

  /// `init` and then `check` of all modules, in order; the first fault ends the game before it begins.
  std::optional<fault> init();

  std::size_t stages() const { return active_->slots.size(); }
  const module_slot& module(std::size_t stage) const { return active_->slots[stage]; }
  /// None for a name that is no module of the game.
  std::optional<std::size_t> find(std::string_view module) const;
  std::uint32_t districts() const { return options_.districts; }
  std::uint64_t frame() const { return frame_; }

  /// Runs one module's `step` over one district. A module without a table runs as district 0 alone, a parked
  /// one not at all. Concurrent for different districts of one stage. Allocates only for a fault.
  std::optional<fault> step(std::size_t stage, std::uint32_t district) const;
  /// The frame is over: all districts have answered.
  void end_frame() { ++frame_; }
  /// Do the module's invariants hold?
  std::optional<fault> check(std::size_t stage) const;

  /// Checks new versions, plans, allocates and fills what they add, and resolves the imports of all modules:
  /// all or nothing. Frames may run meanwhile; it reads nothing that they write.
  absl::StatusOr<std::unique_ptr<prepared_swap>> prepare_swap(std::vector<module_version> candidates) const;
  /// Takes a checkpoint, converts what has to be, exchanges the layouts and runs `check` of the new versions.
  /// After an error all is as it was before, and the swap is used up. kAborted: something else was published
  /// since it was prepared; kFailedPrecondition: another swap is still on probation. Then a probation runs
  /// until `commit` or `roll_back`.
  absl::Status publish(prepared_swap& swap);
  bool on_probation() const { return previous_ != nullptr; }
  /// Puts columns and frame number back to the last checkpoint, and on probation the code to what it was
  /// then. Parameters stay, for they come from outside.
  void roll_back();
  /// The new versions stay. Calls `dispose` of the old ones, whose faults no longer matter, and takes a
  /// checkpoint.
  void commit();

  /// Leaves the module out of frames until it gets a new version. Its columns, exports and checkpoints stay.
  void park(std::size_t stage);
  /// Takes a checkpoint; not on probation, which needs the one that it has.
  absl::Status refresh_checkpoint();
  std::uint64_t checkpoint_frame() const { return checkpoint_->frame(); }
  /// Sets what is named, all or nothing. kInvalidArgument for unknown names, bounds, and numbers of rows.
  absl::Status set_parameters(const parameter_values& values);

  const tables& columns() const { return active_->columns; }
  /// Of all columns; equal for equal states.
  std::uint64_t digest() const { return active_->columns.digest(); }

  /// Unloads old versions and frees their columns; returns how many layouts it freed. Any thread, best an
  /// idle one.
  std::size_t collect();

private:
  world(world_options options, std::shared_ptr<layout> first);

  call_moment moment() const;
  std::optional<fault> call(std::size_t stage, const char* name, module_function function) const;
  std::optional<fault> explain(std::optional<fault> what) const;
  std::optional<fault> fill(const prepared_swap& swap) const;
  absl::Status check_swapped();
  void exchange(std::shared_ptr<layout> next);
  void fill_parameters(layout& into) const;
  void bury(std::shared_ptr<layout> old);
  std::shared_ptr<layout> current() const;

  const world_options options_;
  std::vector<double> values_; ///< of the parameters, in the game's order
  std::uint64_t frame_ = 0;
  std::uint64_t next_generation_ = 1;
  std::shared_ptr<layout> active_;
  std::shared_ptr<layout> previous_; ///< on probation: what `roll_back` returns to
  std::vector<std::size_t> swapped_; ///< on probation: the stages with a new version
  std::optional<checkpoint> checkpoint_;
  std::optional<checkpoint> later_; ///< on probation: for the time after `commit`

  mutable std::mutex mutex_; ///< guards `active_` against `prepare_swap`, and the graveyard
  std::vector<std::shared_ptr<layout>> graveyard_;
};

} // namespace vesta
