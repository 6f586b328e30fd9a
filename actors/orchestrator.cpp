// orchestrator: owns a change from the saved file to the verdict. It asks the other agents for one step after
// the other, gives up a change at the first step that fails, replaces it when a newer edit of the same module
// comes, and says at the end what became of it. It builds, checks and loads nothing itself. One change at a
// time is made ready for the boundary; others build meanwhile. An edit that failed stays on the disk: the
// next one of any of its modules takes all of them along, so that what runs agrees about what they share. In
// safe mode it refuses changes, and the game goes on with the last good versions. Errors: 0x1xxx.

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/session.hpp"

namespace vesta {
namespace {

/// A step that gives no answer for this long ends its change. Real time: compilers know no other, however
/// fast the host lets its game run.
constexpr std::chrono::seconds step_limit{180};
/// How often a swap is prepared anew when another one took effect in between.
constexpr unsigned stage_tries = 5;

enum class phase : std::uint8_t { building, ready, staging, probation };

struct change {
  std::uint64_t id = 0;
  std::vector<std::string> modules; ///< empty: the tuning file alone
  std::string files;
  phase at = phase::building;
  std::uint32_t steps = 0; ///< so far; tells a deadline of an earlier step from one of this
  std::uint32_t tries = 0; ///< of staging
  std::vector<module_image> verified;
  change_times times;
};
VESTA_MESSAGE(change);

/// An edit that is on the disk and not live.
struct pending_edit {
  std::vector<std::string> modules;
  std::string files;
};
VESTA_MESSAGE(pending_edit);

struct orchestrator_state {
  std::uint64_t last_id = 0;
  bool opened = false, safe_mode = false;
  std::vector<change> changes;       ///< not over yet, oldest first
  std::vector<pending_edit> pending; ///< whose changes failed
  std::vector<change_found> waiting; ///< came before the game was open
};
VESTA_MESSAGE(orchestrator_state);

struct step_deadline {
  std::uint64_t change = 0;
  std::uint32_t step = 0;
  platform::nanoseconds due_ns = 0; ///< by `ports.time`
};
VESTA_MESSAGE(step_deadline);

bool overlaps(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(a, [&](const auto& name) { return std::ranges::find(b, name) != b.end(); });
}

bool contains(const std::vector<std::string>& all, const std::string& name) {
  return std::ranges::find(all, name) != all.end();
}

bool contains(const std::vector<std::string>& all, const std::vector<std::string>& some) {
  return std::ranges::all_of(some, [&](const auto& name) { return contains(all, name); });
}

/// Whether a newer edit takes this change's place: as long as nothing of it is on its way to the boundary.
bool can_be_superseded(const change& old) { return old.at == phase::building || old.at == phase::ready; }

/// Whether the change would bring in a part of an older edit and leave out the rest.
bool splits(const change& it, const pending_edit& edit) {
  return overlaps(it.modules, edit.modules) && !contains(it.modules, edit.modules);
}

void add_modules(change& to, const std::vector<std::string>& more) {
  for (const auto& module : more)
    if (!contains(to.modules, module)) to.modules.push_back(module);
}

/// Names are told once, those of the newest edit first.
void add_files(change& to, std::string_view more) {
  constexpr std::string_view comma = ", ";
  const auto all = [&] { return fmt::format("{}{}{}", comma, to.files, comma); };
  while (!more.empty()) {
    const auto name = more.substr(0, more.find(comma));
    if (all().find(fmt::format("{}{}{}", comma, name, comma)) == std::string::npos)
      to.files += fmt::format("{}{}", comma, name);
    more.remove_prefix(std::min(more.size(), name.size() + comma.size()));
  }
}

verdict_on_change verdict_for(error_code code) {
  switch (code) {
  case error_code::none:
    return verdict_on_change::live;
  case error_code::compile_failed:
    return verdict_on_change::compile_error;
  case error_code::change_superseded:
    return verdict_on_change::superseded;
  case error_code::module_crashed:
  case error_code::module_hung:
  case error_code::module_reported:
    return verdict_on_change::rolled_back;
  case error_code::change_timed_out:
  case error_code::swap_overtaken:
  case error_code::build_timed_out:
  case error_code::build_io:
  case error_code::no_compiler:
  case error_code::watch_failed:
    return verdict_on_change::failed;
  default:
    return verdict_on_change::refused;
  }
}

/// Where a version goes whose change failed. Only a build that is known to be the cause is quarantined: the
/// others are wanted again, unchanged, with the repair of that one.
lifecycle end_of(const change& over, const std::string& module, error_code code, const std::string& culprit) {
  const auto end = verdict_for(code);
  const bool at_fault = end == verdict_on_change::refused || end == verdict_on_change::rolled_back;
  const bool is_cause = over.modules.size() == 1 || module == culprit;
  return at_fault && is_cause && over.at != phase::building ? lifecycle::quarantined : lifecycle::unloaded;
}

class orchestrator {
public:
  using interface = orchestrator_actor;
  using own = own_messages<step_deadline>;

  explicit orchestrator(context& self)
      : self_(self), session_(self.use<session>()), versioning_(self.peer<versioning_actor>("versioning")),
        builds_(self.peer<build_pipeline_actor>("build_pipeline")),
        integration_(self.peer<runtime_integration_actor>("runtime_integration")),
        assets_(self.peer<asset_pipeline_actor>("asset_pipeline")),
        tools_(self.peer<developer_tools_actor>("developer_tools")) {}

  void on(const open_game&) {
    change first;
    for (const auto& module : session_.game.modules) first.modules.push_back(module.name);
    first.files = "the game";
    first.times.saved_ns = self_.now();
    begin(std::move(first));
  }

  void on(const change_found& found) {
    if (!state.opened) return state.waiting.push_back(found);
    if (found.tuning)
      begin({.id = ++state.last_id, .files = session_.game.tuning, .times = {.saved_ns = found.saved_ns}});
    if (found.modules.empty()) return;
    edit({.id = ++state.last_id,
          .modules = found.modules,
          .files = found.files,
          .times = {.saved_ns = found.saved_ns}});
  }

  void on(const edit_refused& refused) {
    report({.id = ++state.last_id, .files = refused.files, .times = {.saved_ns = refused.saved_ns}},
           refused.code, refused.text);
  }

  void on(const build_finished& built) {
    auto* it = find(built.change);
    if (!it) return;
    it->times.compile_ns = std::max(it->times.compile_ns, built.ended_ns - built.started_ns);
    if (built.code != error_code::none) {
      self_.send(builds_, build_cancelled{it->id});
      return finish(it->id, built.code, built.text);
    }
    it->times.built_ns = self_.now();
    advance(*it, built.module, lifecycle::built, "compiled");
    self_.send(versioning_, verify_requested{it->id, built.module, built.image});
  }

  void on(const verify_finished& checked) {
    auto* it = find(checked.change);
    if (!it) return;
    if (checked.code != error_code::none) {
      self_.send(builds_, build_cancelled{it->id});
      return finish(it->id, checked.code, checked.text);
    }
    it->verified.push_back({checked.module, checked.version, checked.image});
    if (it->verified.size() < it->modules.size()) return;
    it->times.verified_ns = self_.now();
    it->at = phase::ready;
    stage_next();
  }

  void on(const stage_finished& staged) {
    auto* it = find(staged.change);
    if (!it) return;
    if (staged.code != error_code::none) return finish(it->id, staged.code, staged.text);
    if (it->tries == 0) // prepared again: it is staged already
      for (const auto& module : it->modules) advance(*it, module, lifecycle::staged, "loaded and planned");
    if (it->id == 0) open();
  }

  void on(const swap_finished& swap) {
    auto* it = find(swap.change);
    if (!it) return;
    if (swap.code == error_code::swap_overtaken && ++it->tries < stage_tries) {
      it->at = phase::ready;
      take_pending_along();
      return stage_next();
    }
    if (swap.code != error_code::none) return finish(it->id, swap.code, swap.text);
    it->times.live_ns = swap.at_ns;
    it->times.boundary_ns = swap.boundary_ns;
    if (it->modules.empty()) return finish(it->id, error_code::none, "");
    it->at = phase::probation;
    ++it->steps;
    settle_pending(*it);
    for (const auto& module : it->modules) advance(*it, module, lifecycle::probation, "swapped in");
    report(*it, error_code::none, "");
    stage_next();
  }

  void on(const probation_passed& passed) {
    auto* it = find(passed.change);
    if (!it) return;
    for (const auto& module : it->modules)
      advance(*it, module, lifecycle::active, "lived through its probation");
    finish(it->id, error_code::none, "");
  }

  void on(const module_failed& failed) {
    if (auto* it = find(failed.change); it && failed.change != 0)
      finish(it->id, failed.code, failed.text, failed.module);
  }

  void on(const escalation&) { state.safe_mode = true; }

  void on(const step_deadline& due) {
    const auto* it = find(due.change);
    if (!it || it->steps != due.step || it->at == phase::probation) return;
    if (const auto left = due.due_ns - session_.ports.time.now(); left > 0)
      self_.after(std::chrono::nanoseconds(left), due);
    else
      finish(it->id, error_code::change_timed_out,
             fmt::format("{}: no answer within {} s; save the file again to try once more", it->files,
                         step_limit.count()));
  }

  orchestrator_state state;

private:
  change* find(std::uint64_t id) {
    const auto it = std::ranges::find(state.changes, id, &change::id);
    return it == state.changes.end() ? nullptr : &*it;
  }

  /// Begins a change of modules, with all that has to go live together with it: older edits of its modules
  /// that failed, and changes under way whose place it takes.
  void edit(change next) {
    for (bool grown = true; grown;) {
      grown = false;
      for (const auto& failed : state.pending) {
        if (!splits(next, failed)) continue;
        add_modules(next, failed.modules);
        grown = true;
      }
      const auto old = std::ranges::find_if(state.changes, [&](const change& it) {
        return can_be_superseded(it) && overlaps(it.modules, next.modules);
      });
      if (old == state.changes.end()) continue;
      supersede(change(*old), next);
      grown = true;
    }
    for (const auto& failed : state.pending)
      if (contains(next.modules, failed.modules)) add_files(next, failed.files);
    begin(std::move(next));
  }

  void supersede(const change& old, change& by) {
    const auto newer = by.files;
    add_modules(by, old.modules);
    add_files(by, old.files);
    self_.send(builds_, build_cancelled{old.id});
    finish(old.id, error_code::change_superseded, fmt::format("a newer edit of {} took its place", newer));
  }

  /// A change that was begun before an older edit of its modules failed is begun anew, with that.
  void take_pending_along() {
    const auto splits_one = [&](const change& it) {
      return can_be_superseded(it) &&
             std::ranges::any_of(state.pending, [&](const auto& edit) { return splits(it, edit); });
    };
    while (true) {
      const auto it = std::ranges::find_if(state.changes, splits_one);
      if (it == state.changes.end()) return;
      edit({.id = ++state.last_id,
            .modules = it->modules,
            .files = it->files,
            .times = {.saved_ns = it->times.saved_ns}});
    }
  }

  /// Edits whose modules are all part of this change are no longer for themselves.
  void settle_pending(const change& by) {
    std::erase_if(state.pending, [&](const auto& edit) { return contains(by.modules, edit.modules); });
  }

  void begin(change next) {
    const auto id = next.id;
    state.changes.push_back(std::move(next));
    if (state.safe_mode)
      return finish(id, error_code::safe_mode, std::string(describe(error_code::safe_mode).sentence));
    auto& it = state.changes.back();
    expect_answer(it);
    if (it.modules.empty()) return self_.send(assets_, tuning_changed{id});
    for (const auto& module : it.modules) {
      advance(it, module, lifecycle::building, it.files);
      self_.send(builds_, build_requested{id, module});
    }
  }

  /// Hands the oldest change that is ready over, unless one is between staging and the boundary.
  void stage_next() {
    if (std::ranges::any_of(state.changes, [](const auto& it) { return it.at == phase::staging; })) return;
    const auto it = std::ranges::find(state.changes, phase::ready, &change::at);
    if (it == state.changes.end()) return;
    it->at = phase::staging;
    expect_answer(*it);
    self_.send(integration_, stage_requested{it->id, it->verified});
  }

  void open() {
    auto first = std::move(state.changes.front());
    state.changes.erase(state.changes.begin());
    for (const auto& module : first.modules) {
      advance(first, module, lifecycle::probation, "the game opened");
      advance(first, module, lifecycle::active, "the game opened");
    }
    state.opened = true;
    session_.listener->opened();
    for (const auto& found : std::exchange(state.waiting, {})) on(found);
  }

  /// The change is over, well or not.
  void finish(std::uint64_t id, error_code code, const std::string& text, const std::string& culprit = {}) {
    const auto over = *find(id);
    std::erase_if(state.changes, [id](const auto& it) { return it.id == id; });
    if (id == 0) {
      self_.flush(); // the builds' end has to be on its way before the host takes everything down
      return session_.listener->refused(code, text);
    }
    if (code != error_code::none)
      for (const auto& module : over.modules)
        advance(over, module, end_of(over, module, code, culprit), to_string(code));
    if (verdict_for(code) == verdict_on_change::failed) self_.send(builds_, retry_on_save{over.modules});
    report(over, code, text);
    if (code != error_code::none && code != error_code::change_superseded) keep_pending(over);
    stage_next();
  }

  void keep_pending(const change& failed) {
    if (failed.modules.empty()) return;
    settle_pending(failed);
    state.pending.push_back({failed.modules, failed.files});
    take_pending_along();
  }

  void report(const change& about, error_code code, const std::string& text) {
    auto times = about.times;
    times.over_ns = self_.now();
    self_.send(tools_, change_report{.change = about.id,
                                     .modules = about.modules,
                                     .files = about.files,
                                     .verdict = verdict_for(code),
                                     .code = code,
                                     .text = text,
                                     .times = times});
  }

  void advance(const change& it, const std::string& module, lifecycle to, std::string reason) {
    self_.send(versioning_, advance_version{module, it.id, to, std::move(reason)});
  }

  void expect_answer(change& it) {
    const auto due = session_.ports.time.now() + std::chrono::nanoseconds(step_limit).count();
    self_.after(step_limit, step_deadline{it.id, ++it.steps, due});
  }

  context& self_;
  const session& session_;
  const versioning_actor versioning_;
  const build_pipeline_actor builds_;
  const runtime_integration_actor integration_;
  const asset_pipeline_actor assets_;
  const developer_tools_actor tools_;
};

} // namespace

actor_spec orchestrator_spec() {
  return spec_of<orchestrator>(
      {.name = "orchestrator", .where = placement::efficiency(), .chain = agent_chain()});
}

} // namespace vesta
