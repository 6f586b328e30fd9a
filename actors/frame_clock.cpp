// frame_clock: the beat of the world. Sends each stage of a frame to the districts, waits for all of them,
// and between two frames, while no module code runs, does what must not happen at any other time: swaps,
// roll-backs, parameters and checkpoints. It never waits for an agent: what is not ready at a boundary takes
// the next one. A module that fails costs the frame it failed in; the next one runs code and state of one
// earlier moment. Errors: passes on those of the world, 0x4xxx.

#include <array>
#include <cstring>
#include <span>

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/runtime/session.hpp"
#include "vesta/runtime/value_type.hpp"
#include "vesta/runtime/world.hpp"

namespace vesta {
namespace {

/// Between checkpoints while nothing is on probation; a crash of a settled module loses at most this.
constexpr double checkpoint_seconds = 5;

struct frame_due {};
VESTA_MESSAGE(frame_due);

/// The frame at hand.
struct progress {
  std::uint64_t token = 0; ///< of the stage at hand; answers to earlier ones are late
  std::uint32_t stage = 0;
  std::uint32_t waiting = 0;   ///< districts that have not answered
  std::int64_t due_ns = 0;     ///< on the clock that paces
  std::int64_t late_by_ns = 0; ///< its start
  std::int64_t began_ns = 0, stage_began_ns = 0;
  std::int64_t district_ns = 0; ///< the slowest of this stage
  std::uint32_t district = 0;
  std::int64_t slowest_ns = 0; ///< the slowest stage of this frame
  std::string slowest;
  std::vector<stepped> faults;
};
VESTA_MESSAGE(progress);

struct frame_clock_state {
  bool running = false, ending = false;
  progress frame;
  std::uint64_t probation_of = 0;     ///< the change; 0: none
  std::uint64_t published_at = 0;     ///< frame
  std::vector<std::int64_t> steps_ns; ///< of the frame at hand, as `frame_done` has them
};
VESTA_MESSAGE(frame_clock_state);

double value_at(vesta_type type, const std::byte* data) {
  return with_type(type, [data](auto value) {
    std::memcpy(&value, data, sizeof value);
    return static_cast<double>(value);
  });
}

/// Why a frame was late: its start, its boundary, or its slowest stage, whichever took most.
std::string why_late(const progress& frame, std::int64_t boundary_ns) {
  if (frame.late_by_ns > frame.slowest_ns && frame.late_by_ns > boundary_ns)
    return fmt::format("it began {:.1f} ms late", static_cast<double>(frame.late_by_ns) * 1e-6);
  if (boundary_ns > frame.slowest_ns)
    return fmt::format("the boundary, {:.1f} ms", static_cast<double>(boundary_ns) * 1e-6);
  return fmt::format("{}, {:.1f} ms", frame.slowest, static_cast<double>(frame.slowest_ns) * 1e-6);
}

class frame_clock {
public:
  using interface = frame_clock_actor;
  using own = own_messages<frame_due>;

  explicit frame_clock(context& self)
      : self_(self), session_(self.use<session>()), slot_(self.use<world_slot>()),
        queue_(self.use<boundary_queue>()), commands_(self.use<host_commands>()), time_(session_.ports.time),
        pace_(session_.pace ? *session_.pace : time_),
        period_ns_(static_cast<std::int64_t>(1e9 / session_.game.rate_hz)),
        orchestrator_(self.peer<orchestrator_actor>("orchestrator")),
        tools_(self.peer<developer_tools_actor>("developer_tools")) {
    for (std::uint32_t i = 0; i < session_.districts; ++i)
      districts_.push_back(self.peer<district_actor>("district_" + std::to_string(i)));
  }

  void on(const begin_frames&) {
    if (state.running) return;
    state.running = true;
    state.frame.due_ns = pace_.now();
    self_.after(std::chrono::nanoseconds(0), frame_due{});
  }

  void on(const end_frames&) {
    if (!state.running) return session_.listener->frames_ended();
    state.ending = true;
  }

  void on(const frame_due&) {
    if (!state.running || state.frame.waiting > 0) return;
    auto& frame = state.frame;
    frame.began_ns = time_.now();
    frame.late_by_ns = session_.pace ? 0 : pace_.now() - frame.due_ns; // a host begins frames when it likes
    frame.stage = 0;
    frame.slowest_ns = 0;
    frame.faults.clear();
    state.steps_ns.assign(game().stages(), -1);
    send_stage();
  }

  void on(const stepped& done) {
    auto& frame = state.frame;
    if (done.token != frame.token || frame.waiting == 0) return;
    if (done.code != error_code::none) frame.faults.push_back(done);
    if (done.took_ns >= frame.district_ns) {
      frame.district_ns = done.took_ns;
      frame.district = done.district;
    }
    if (--frame.waiting > 0) return;
    end_stage();
    if (!frame.faults.empty()) return end_frame();
    ++frame.stage;
    send_stage();
  }

  void on(const apply_swap& ready) { queue_.swaps.push_back(ready); }
  void on(const set_parameters& values) { queue_.parameters.push_back(values); }

  frame_clock_state state;

private:
  world& game() { return *slot_.get(); }

  void send_stage() {
    auto& frame = state.frame;
    while (frame.stage < game().stages() && game().module(frame.stage).parked) ++frame.stage;
    if (frame.stage == game().stages()) return end_frame();
    frame.waiting = game().module(frame.stage).is_split() ? session_.districts : 1;
    frame.stage_began_ns = time_.now();
    frame.district_ns = 0;
    ++frame.token;
    for (std::uint32_t i = 0; i < frame.waiting; ++i)
      self_.send(districts_[i], step{frame.token, frame.stage});
  }

  void end_stage() {
    auto& frame = state.frame;
    state.steps_ns[frame.stage] = frame.district_ns;
    const auto took = time_.now() - frame.stage_began_ns;
    if (took <= frame.slowest_ns) return;
    frame.slowest_ns = took;
    frame.slowest = fmt::format("{} in district {}", game().module(frame.stage).name, frame.district);
  }

  void end_frame() {
    auto& frame = state.frame;
    const auto boundary_began = time_.now();
    const bool failed = !frame.faults.empty();
    if (failed)
      recover(frame.faults.front());
    else
      game().end_frame();
    const bool swapped = !failed && settle_boundary();

    const auto ended = time_.now();
    const bool late =
        frame.late_by_ns + ended - frame.began_ns > static_cast<std::int64_t>(session_.game.budget_ms * 1e6);
    self_.send(tools_, frame_done{.frame = game().frame(),
                                  .took_ns = ended - frame.began_ns,
                                  .late = late,
                                  .why = late ? why_late(frame, ended - boundary_began) : "",
                                  .swapped = swapped,
                                  .steps_ns = state.steps_ns});
    if (game().frame() % static_cast<std::uint64_t>(std::max(1.0, session_.game.rate_hz)) == 0) send_totals();
    await_next(pace_.now());
  }

  /// What may only happen here, in the order that keeps it right: the end of a probation, swaps, parameters,
  /// checkpoints. True when code was exchanged.
  bool settle_boundary() {
    if (state.probation_of != 0 && game().frame() - state.published_at >= session_.probation_frames)
      end_probation();
    const bool swapped = !queue_.swaps.empty();
    if (swapped) {
      publish(queue_.swaps.front());
      queue_.swaps.erase(queue_.swaps.begin());
    }
    for (const auto& wanted : std::exchange(queue_.parameters, {}))
      answer(wanted.change, game().set_parameters(wanted.values), error_code::bad_tuning, time_.now());
    obey_host();
    const auto age = static_cast<double>(game().frame() - game().checkpoint_frame()) / session_.game.rate_hz;
    if (!game().on_probation() && age >= checkpoint_seconds) game().refresh_checkpoint().IgnoreError();
    return swapped;
  }

  /// What came until now: of two values for one parameter the later one counts.
  void obey_host() {
    std::array<host_command, host_commands::waiting_max> came;
    const auto count = commands_.ring.pop(came);
    if (count == 0) return;
    parameter_values values;
    for (const auto& each : std::span(came).first(count))
      values[session_.game.parameters[each.parameter].name] = each.value;
    game().set_parameters(values).IgnoreError();
  }

  /// A newer version ends the probation of the one before: what has run until now is what one would return
  /// to.
  void publish(const apply_swap& ready) {
    const auto began = time_.now();
    if (game().on_probation()) end_probation();
    const auto status = game().publish(*ready.swap);
    if (status.ok()) {
      state.probation_of = ready.change;
      state.published_at = game().frame();
    }
    const bool overtaken = status.code() == absl::StatusCode::kAborted;
    answer(ready.change, status, overtaken ? error_code::swap_overtaken : error_code::check_failed, began);
  }

  void answer(std::uint64_t change, const absl::Status& status, error_code otherwise, std::int64_t began_ns) {
    const auto now = time_.now();
    self_.send(orchestrator_, swap_finished{.change = change,
                                            .code = status.ok() ? error_code::none : otherwise,
                                            .text = std::string(status.message()),
                                            .frame = game().frame(),
                                            .at_ns = now,
                                            .boundary_ns = now - began_ns});
  }

  void end_probation() {
    game().commit();
    self_.send(orchestrator_, probation_passed{state.probation_of, game().frame()});
    state.probation_of = 0;
  }

  /// Code and state go back to one moment: on probation the one before the swap, else the last checkpoint,
  /// and the module that failed sits out until it gets a new version.
  void recover(const stepped& fault) {
    const auto failed_at = time_.now();
    const auto frame = game().frame();
    const bool on_trial = game().on_probation();
    game().roll_back();
    if (const auto stage = game().find(fault.module); stage && !on_trial) game().park(*stage);
    const auto now = time_.now();
    const module_failed news{.change = std::exchange(state.probation_of, 0),
                             .module = fault.module,
                             .code = fault.code,
                             .text = fault.text,
                             .frame = frame,
                             .frames_back = frame - game().frame(),
                             .frames_lost = frame - game().frame() + frames_due(now - state.frame.began_ns),
                             .at_ns = failed_at,
                             .took_ns = now - failed_at};
    self_.send(orchestrator_, news);
    self_.send(tools_, news);
  }

  /// That would have been played in the time that the failed one took; itself at least.
  std::uint64_t frames_due(std::int64_t took_ns) const {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(took_ns / period_ns_, 1));
  }

  void await_next(std::int64_t now) {
    if (state.ending) {
      state.running = state.ending = false;
      self_.flush(); // whoever hears the end and asks for the report finds the last frame in it
      return session_.listener->frames_ended();
    }
    auto& due = state.frame.due_ns;
    due += period_ns_;
    if (session_.pace)
      due = std::max(due, now); // a slow host's frames do not pile up
    else if (due + period_ns_ < now)
      due += (now - due) / period_ns_ * period_ns_; // far behind: skip, do not rush after
    self_.after(std::chrono::nanoseconds(std::max<std::int64_t>(due - now, 0)), frame_due{});
  }

  /// The columns of one-row tables are what a game shows of itself.
  void send_totals() {
    totals_seen seen{.frame = game().frame()};
    for (const auto& [key, entry] : game().columns()) {
      if (entry.live->rows() != 1 || entry.shape.count != 1) continue;
      seen.totals.push_back({key.column, value_at(entry.shape.type, entry.live->data())});
    }
    self_.send(tools_, std::move(seen));
  }

  context& self_;
  const session& session_;
  const world_slot& slot_;
  boundary_queue& queue_;
  host_commands& commands_;
  const platform::clock& time_;
  const platform::clock& pace_;
  const std::int64_t period_ns_;
  const orchestrator_actor orchestrator_;
  const developer_tools_actor tools_;
  std::vector<district_actor> districts_;
};

} // namespace

actor_spec frame_clock_spec() {
  return spec_of<frame_clock>({.name = "frame_clock", .where = placement::performance()});
}

} // namespace vesta
