#include "vesta/runtime/recent_decisions.hpp"

#include <algorithm>

namespace vesta {

namespace {

constexpr std::size_t decision_text_max = 256;

} // namespace

void recent_decisions::add(const failure& what, remedy chosen) {
  ++failures_;
  if (chosen == remedy::restart) ++restarts_;
  if (kept_.size() == kept_max) kept_.pop_front();
  kept_.push_back({what.actor,
                   {.at_ns = what.at_ns,
                    .code = what.code,
                    .chosen = chosen,
                    .text = what.text.substr(0, decision_text_max)}});
}

alert recent_decisions::about(const escalation& what) const {
  alert made{.what = what, .failures = failures_, .restarts = restarts_};
  for (auto it = kept_.rbegin(); it != kept_.rend() && made.tried.size() < shown_max; ++it)
    if (it->actor == what.cause.actor) made.tried.push_back(it->what);
  std::ranges::reverse(made.tried);
  return made;
}

} // namespace vesta
