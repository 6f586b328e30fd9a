// developer_tools: hears of all that happens, writes it to the log, and keeps the report that is shown at the
// end, can be asked for at any time, and stands in the control page. It decides nothing and nobody waits for
// it. Errors: 0x5xxx.

#include <spdlog/spdlog.h>

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/control_desk.hpp"
#include "vesta/runtime/journal_events.hpp"
#include "vesta/runtime/session.hpp"

namespace vesta {
namespace {

/// What the report keeps of each kind; later ones are only counted by what the log says.
constexpr std::size_t kept_limit = 1000;
constexpr std::size_t late_limit = 100;

using level = spdlog::level::level_enum;

// Not spdlog's own formatting, which compiles the whole formatter into each file that uses it.
template <class... Values>
void log(level at, fmt::format_string<Values...> text, Values&&... values) {
  if (spdlog::should_log(at)) spdlog::log(at, fmt::format(text, std::forward<Values>(values)...));
}

class developer_tools {
public:
  using interface = developer_tools_actor;

  explicit developer_tools(context& self)
      : self_(self), desk_(self.lent().find<control_desk>()), book_(self.lent().find<journal>()) {
    if (const auto* game = self.lent().find<session>())
      for (const auto& module : game->game.modules) state.modules.push_back({.module = module.name});
  }

  void on(const frame_done& frame) {
    auto& frames = state.frames;
    ++frames.frames;
    frames.times.add(frame.took_ns);
    if (frame.swapped) frames.swap_times.add(frame.took_ns);
    for (std::size_t i = 0; i < std::min(frame.steps_ns.size(), state.modules.size()); ++i)
      if (frame.steps_ns[i] >= 0) state.modules[i].steps.add(frame.steps_ns[i]);
    if (frame.late) note_late(frame);
    if (desk_) desk_->show(state);
  }

  void on(const totals_seen& seen) { state.last_totals = seen; }

  /// A change is reported when it is live, and again when its probation is over.
  void on(const change_report& news) {
    log(level::info, "change {} of {}: {} {}", news.change, news.files, to_string(news.verdict), news.text);
    if (news.verdict != verdict_on_change::live && news.verdict != verdict_on_change::superseded)
      for (const auto& name : news.modules)
        if (auto* module = find(name)) module->last_error = news.code;
    const auto known = std::ranges::find(state.changes, news.change, &change_report::change);
    if (known != state.changes.end())
      *known = news;
    else if (state.changes.size() < kept_limit)
      state.changes.push_back(news);
    note(news);
  }

  void on(const module_failed& news) {
    log(level::err, "{}: {}; {}", to_string(news.code), news.text,
        news.change != 0
            ? "its change is taken back"
            : fmt::format("{} is parked until it gets a new version, and the state is back by {} "
                          "frames: mend its source",
                          news.module, news.frames_back));
    if (state.module_failures.size() < kept_limit) state.module_failures.push_back(news);
    note(news);
    auto* module = find(news.module);
    if (!module) return;
    ++module->failures;
    module->last_error = news.code;
    module->parked = news.change == 0;
  }

  void on(const lifecycle_moved& news) {
    log(level::debug, "{} version {}: {} -> {}, {}", news.module, news.version, to_string(news.from),
        to_string(news.to), news.reason);
    if (auto* module = find(news.module)) follow(*module, news);
    note(news);
  }

  void on(const failure_seen& news) {
    log(level::err, "{}; {}", what_happened(news.what), to_string(news.chosen));
    if (state.failures.size() < kept_limit)
      state.failures.push_back({.what = news.what, .chosen = news.chosen});
  }

  void on(const recovered& news) {
    log(level::info, "{} is back by {} after {} us", news.actor, to_string(news.by), news.took_ns / 1000);
    for (auto& it : state.failures) {
      if (it.what.actor != news.actor || !it.by.empty()) continue;
      const bool by_parent = it.chosen == remedy::escalate && news.by == remedy::restart;
      it.by = to_string(by_parent ? remedy::escalate : news.by);
      it.took_ns = news.took_ns;
    }
  }

  run_report on(const report_request&) { return state; }

  run_report state;

private:
  /// Once, however often a rollback runs the message again. What supervisors decide, the engine writes down.
  template <class News>
  void note(const News& news) {
    if (book_ && !self_.runs_again()) write_down(*book_, news);
  }

  module_figures* find(const std::string& module) {
    const auto it = std::ranges::find(state.modules, module, &module_figures::module);
    return it == state.modules.end() ? nullptr : &*it;
  }

  void note_late(const frame_done& frame) {
    ++state.frames.late;
    const auto line = fmt::format("frame {}, {:.1f} ms: {}", frame.frame,
                                  static_cast<double>(frame.took_ns) * 1e-6, frame.why);
    log(level::debug, "late {}", line);
    if (state.frames.late_why.size() < late_limit) state.frames.late_why.push_back(line);
  }

  context& self_;
  control_desk* const desk_; ///< null: nobody looks
  journal* const book_;      ///< null: none is kept
};

} // namespace

actor_spec developer_tools_spec() {
  return spec_of<developer_tools>({.name = "developer_tools",
                                   .where = placement::efficiency(),
                                   .chain = agent_chain(),
                                   .repeatable = false,
                                   .checkpoint_every = 256});
}

} // namespace vesta
