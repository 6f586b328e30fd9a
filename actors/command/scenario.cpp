#include "vesta/actors/command/scenario.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <initializer_list>
#include <map>
#include <span>

#include "vesta/actors/command/run_options.hpp"
#include "vesta/runtime/nearest.hpp"
#include "vesta/runtime/toml_section.hpp"

namespace vesta::command {
namespace {

bool leaves_folder(std::string_view path) {
  return path.starts_with('/') || path == ".." || path.starts_with("../") || path.ends_with("/..") ||
         path.find("/../") != std::string_view::npos;
}

/// One of the known words, or an error.
std::string choice(const toml_section& section, std::string_view key,
                   std::initializer_list<std::string_view> known, std::optional<std::string> fallback = {}) {
  auto word = section.text(key, std::move(fallback));
  if (!word.empty() && std::find(known.begin(), known.end(), word) == known.end())
    section.fail(key, fmt::format("unknown {} \"{}\"; {}", key, word,
                                  suggest(word, std::span(known.begin(), known.size()))));
  return word;
}

edit_step read_edit(const toml_section& section) {
  section.allow({"at", "action", "file", "find", "replace", "expect"});
  edit_step step{section.text("file"), section.text("find"), section.text("replace")};
  if (leaves_folder(step.file))
    section.fail("file",
                 fmt::format("\"{}\" is outside of the game; name a file relative to its folder", step.file));
  if (step.find.empty()) section.fail("find", "\"find\" is empty; give the text that the edit replaces");
  if (step.find == step.replace)
    section.fail("replace", "\"replace\" is the same as \"find\"; change something");
  return step;
}

/// Whom a step concerns, and what has to cure them.
void read_patients(const toml_section& section, scenario_step& step) {
  step.actor = section.text("actor");
  step.share = section.number("share", 1);
  if (!(step.share > 0 && step.share <= 1))
    section.fail("share", "\"share\" has to be above 0 and at most 1");
  if (section.has("share") && !step.actor.ends_with('*'))
    section.fail("share", "\"share\" is of several actors: end \"actor\" with a star, such as \"crowd_*\"");
  step.frames = section.whole("frames", 1, 1'000'000, 0);
  step.expect = choice(section, "expect",
                       {"cured", "retry", "rollback", "set_aside", "restart", "isolate", "escalate",
                        "fallback", "scale_down", "degrade"},
                       "cured");
}

category read_category(const toml_section& section) {
  const auto name = choice(section, "kind",
                           {"compilation", "runtime", "memory", "network", "io", "performance", "security",
                            "resource", "configuration", "unknown"},
                           "runtime");
  auto kind = category::compilation;
  while (kind != category::unknown && to_string(kind) != name)
    kind = static_cast<category>(static_cast<unsigned>(kind) + 1);
  return kind;
}

fail_step read_fail(const toml_section& section) {
  fail_step step;
  const auto where = choice(section, "where", {"handler", "message", "start", "stall"}, "handler");
  if (where == "message") step.fault.where = inject_fault::place::message;
  if (where == "start") step.fault.where = inject_fault::place::start;
  if (where == "stall") {
    step.fault.where = inject_fault::place::stall;
    step.fault.stall_ns = static_cast<std::int64_t>(section.whole("stall_ms", 1, 10'000)) * 1'000'000;
  } else if (section.has("stall_ms")) {
    section.fail("stall_ms", "\"stall_ms\" is for where = \"stall\"");
  }
  step.fault.times = static_cast<std::uint32_t>(section.whole("times", 1, 1000, 1));
  step.fault.kind = read_category(section);
  return step;
}

void read_action(const toml_section& section, scenario_step& step) {
  const auto action =
      choice(section, "action", {"edit", "tune", "kill", "fail", "expect", "release", "demand"});
  if (action == "edit") {
    step.action = read_edit(section);
    step.expect = choice(section, "expect", {"live", "compile_error", "refused", "rolled_back"}, "live");
  } else if (action == "tune") {
    section.allow({"at", "action", "name", "value", "expect"});
    step.action = tune_step{"", section.text("name"), section.number("value")};
    step.expect = choice(section, "expect", {"live", "refused"}, "live");
  } else if (action == "kill") {
    section.allow({"at", "action", "actor", "share", "frames", "expect"});
    step.action = kill_step{};
    read_patients(section, step);
  } else if (action == "expect") {
    section.allow({"at", "action", "actor", "share", "frames", "expect"});
    step.action = expect_step{};
    read_patients(section, step);
  } else if (action == "release") {
    section.allow({"at", "action", "actor"});
    step.action = release_step{};
    step.actor = section.text("actor");
  } else if (action == "demand") {
    section.allow({"at", "action", "rows", "actor", "share", "frames", "expect"});
    step.action = demand_step{static_cast<std::uint32_t>(section.whole("rows", 1, 100'000))};
    if (section.has("actor") || section.has("expect")) read_patients(section, step);
  } else {
    section.allow(
        {"at", "action", "actor", "share", "where", "times", "kind", "stall_ms", "frames", "expect"});
    step.action = read_fail(section);
    read_patients(section, step);
  }
}

crowd_options read_crowd(const toml_section& section) {
  section.allow({"actors", "able", "needs", "restarts", "deadline_ms", "set_aside"});
  crowd_options crowd{.actors = static_cast<std::uint32_t>(section.whole("actors", 1, 100'000))};
  constexpr std::pair<std::string_view, bool crowd_options::*> abilities[] = {
      {"retry", &crowd_options::can_retry},
      {"fallback", &crowd_options::can_fall_back},
      {"scale_down", &crowd_options::can_scale_down},
      {"degrade", &crowd_options::can_degrade}};
  for (const auto& word : section.texts("able")) {
    const auto* known = std::ranges::find(abilities, word, [](const auto& each) { return each.first; });
    if (known != std::end(abilities))
      crowd.*known->second = true;
    else
      section.fail("able", fmt::format("\"{}\" is nothing that a crowd can; known are retry, fallback, "
                                       "scale_down and degrade",
                                       word));
  }
  crowd.needs_well = choice(section, "needs", {"well"}, "") == "well";
  crowd.restarts = static_cast<std::uint32_t>(section.whole("restarts", 0, 1'000'000, crowd.restarts));
  crowd.deadline = std::chrono::milliseconds(section.whole("deadline_ms", 0, 10'000, 0));
  crowd.set_aside = section.whole("set_aside", 0, 1'000'000, 0);
  return crowd;
}

std::string join(const std::string& folder, const std::string& file) { return folder + "/" + file; }

absl::Status at_place(const scenario_step& step, const absl::Status& status) {
  return absl::Status(status.code(), fmt::format("{}: {}", step.place, std::string(status.message())));
}

/// The game's files as the steps so far have left them.
class edited_files {
public:
  edited_files(const platform::file_system& files, const std::string& folder)
      : files_(files), folder_(folder) {}

  absl::StatusOr<std::string*> open(const std::string& file) {
    const auto known = texts_.find(file);
    if (known != texts_.end()) return &known->second;
    auto text = files_.read(join(folder_, file), edited_size_max);
    if (!text.ok()) return text.status();
    return &texts_.emplace(file, *std::move(text)).first->second;
  }

private:
  const platform::file_system& files_;
  const std::string& folder_;
  std::map<std::string, std::string, std::less<>> texts_;
};

absl::Status try_edit(const edit_step& edit, edited_files& files) {
  const auto text = files.open(edit.file);
  if (!text.ok()) return text.status();
  auto edited = text_after(edit, **text);
  if (!edited.ok()) return edited.status();
  **text = *std::move(edited);
  return absl::OkStatus();
}

absl::Status try_tune(tune_step& tune, bool refusal_expected, edited_files& files,
                      const game_description& game) {
  if (game.tuning.empty())
    return absl::InvalidArgumentError(
        fmt::format("{} has no tuning file to change {} in; add tuning = \"tuning.toml\" to game.toml",
                    game.name, tune.name));
  tune.file = game.tuning;
  const auto text = files.open(tune.file);
  if (!text.ok()) return text.status();
  auto edited = text_after(tune, **text);
  if (const auto values = parse_tuning(edited, tune.file, game); !values.ok() && !refusal_expected)
    return values.status();
  **text = std::move(edited);
  return absl::OkStatus();
}

} // namespace

std::string title_of(const scenario_step& step) {
  if (const auto* edit = std::get_if<edit_step>(&step.action)) return "edit " + edit->file;
  if (const auto* tune = std::get_if<tune_step>(&step.action))
    return fmt::format("tune {} = {}", tune->name, tune->value);
  if (const auto* demand = std::get_if<demand_step>(&step.action))
    return fmt::format("demand {} rows", demand->rows);
  const auto whom = step.share < 1 ? fmt::format("{:g} % of {}", step.share * 100, step.actor) : step.actor;
  if (std::holds_alternative<expect_step>(step.action))
    return fmt::format("expect {} of {}", step.expect, whom);
  if (std::holds_alternative<release_step>(step.action)) return "release " + whom;
  return (std::holds_alternative<kill_step>(step.action) ? "kill " : "fail ") + whom;
}

absl::StatusOr<scenario> parse_scenario(std::string_view text, const std::string& file) {
  const auto parsed = parse_toml(text, file);
  if (!parsed.ok()) return parsed.status();
  toml_errors errors{file};
  const toml_section root(*parsed, "", "the scenario", errors);
  root.allow({"seconds", "crowd", "steps"});
  scenario result{file, root.number("seconds"), {}};
  if (root.has("crowd")) result.crowd = read_crowd(root.section("crowd"));
  if (!(result.length_s > 0 && result.length_s <= length_max_s))
    root.fail("seconds", fmt::format("\"seconds\" has to be above 0 and at most {}", length_max_s));
  double earliest = 0;
  for (const auto& section : root.list("steps")) {
    scenario_step step{section.number("at"), {}, "", section.place("at")};
    if (step.at_s < earliest)
      section.fail("at", fmt::format("\"at\" comes before the step above, at {} s", earliest));
    if (step.at_s >= result.length_s)
      section.fail("at",
                   fmt::format("\"at\" comes after the end, at {} s; raise \"seconds\"", result.length_s));
    earliest = step.at_s;
    read_action(section, step);
    if (std::holds_alternative<demand_step>(step.action) && result.crowd.actors == 0)
      section.fail("action", "a demand is made of a crowd: add [crowd] with actors = 10");
    if (std::holds_alternative<expect_step>(step.action) && result.steps.empty())
      section.fail("action", "\"expect\" is about the step before: there is none");
    result.steps.push_back(std::move(step));
  }
  if (!errors.status.ok()) return errors.status;
  return result;
}

absl::StatusOr<scenario> read_scenario(const platform::file_system& files, const std::string& path) {
  const auto text = files.read(path, edited_size_max);
  if (!text.ok()) return text.status();
  return parse_scenario(*text, path);
}

absl::Status check_scenario(scenario& what, const platform::file_system& files, const std::string& folder,
                            const game_description& game) {
  edited_files texts(files, folder);
  for (auto& step : what.steps) {
    absl::Status status;
    if (const auto* edit = std::get_if<edit_step>(&step.action)) status = try_edit(*edit, texts);
    if (auto* tune = std::get_if<tune_step>(&step.action))
      status = try_tune(*tune, step.expect == "refused", texts, game);
    if (!status.ok()) return at_place(step, status);
  }
  return absl::OkStatus();
}

absl::Status find_actors(scenario& what, const std::vector<std::string_view>& names) {
  for (auto& step : what.steps) {
    if (step.actor.empty()) continue;
    const bool several = step.actor.ends_with('*');
    const auto wanted = std::string_view(step.actor).substr(0, step.actor.size() - (several ? 1 : 0));
    std::vector<std::string_view> meant;
    for (const auto& name : names)
      if (several ? name.starts_with(wanted) : name == wanted) meant.push_back(name);
    if (meant.empty())
      return absl::NotFoundError(several ? fmt::format("{}: no actor's name begins with \"{}\"; {}",
                                                       step.place, wanted, suggest(wanted, names))
                                         : fmt::format("{}: no actor is named \"{}\"; {}", step.place, wanted,
                                                       suggest(wanted, names)));
    const auto count = static_cast<double>(meant.size());
    const auto chosen = static_cast<std::size_t>(std::ceil(step.share * count));
    for (std::size_t i = 0; i < chosen; ++i) step.actors.emplace_back(meant[i * meant.size() / chosen]);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> text_after(const edit_step& step, std::string_view text) {
  const auto at = text.find(step.find);
  const auto first_line = step.find.substr(step.find.find_first_not_of('\n'));
  const auto shown = first_line.substr(0, first_line.find('\n'));
  if (at == std::string_view::npos)
    return absl::NotFoundError(
        fmt::format("{} does not hold the text of \"find\" (\"{}\"); mend the scenario", step.file, shown));
  if (text.find(step.find, at + 1) != std::string_view::npos)
    return absl::InvalidArgumentError(fmt::format(
        "{} holds the text of \"find\" (\"{}\") more than once; make it longer", step.file, shown));
  std::string edited(text);
  return edited.replace(at, step.find.size(), step.replace);
}

std::string text_after(const tune_step& step, std::string_view text) {
  const auto line = fmt::format("{} = {}", step.name, step.value);
  std::string edited;
  bool replaced = false;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto old = text.substr(at, end - at);
    const auto key_end = old.find_first_of(" \t=");
    const bool is_it = old.substr(0, key_end) == step.name;
    edited.append(is_it ? std::string_view(line) : old).append("\n");
    replaced = replaced || is_it;
    at = end + 1;
  }
  return replaced ? edited : edited + line + "\n";
}

} // namespace vesta::command
