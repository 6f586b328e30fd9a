#include "vesta/actors/command/failure_text.hpp"

#include <algorithm>

#include "vesta/actors/command/figures.hpp"

namespace vesta::command {

std::string failure_group::who() const {
  const auto others = actors.size() - 1;
  return actors.front() + (others == 0 ? "" : " and " + counted(others, "other"));
}

void add(std::vector<failure_group>& groups, const cured_failure& failed) {
  const auto& what = failed.what;
  auto at = std::ranges::find_if(groups, [&](const failure_group& each) {
    return each.code == what.code && each.text == what.text && each.by == failed.by;
  });
  if (at == groups.end())
    at = groups.insert(at, {.actors = {}, .code = what.code, .text = what.text, .by = failed.by});
  ++at->count;
  at->took_ns = std::max(at->took_ns, failed.took_ns);
  if (std::ranges::find(at->actors, what.actor) == at->actors.end()) at->actors.push_back(what.actor);
}

bool is_cure(std::string_view by) { return words_of(by).before == "cured"; }

remedy_words words_of(std::string_view by) {
  if (by == to_string(remedy::isolate)) return {"isolated", ""};
  if (by == to_string(remedy::set_aside)) return {"went on", " without that message"};
  if (by == to_string(remedy::stop)) return {"stopped", ""};
  return {"cured", " by " + std::string(by)};
}

} // namespace vesta::command
