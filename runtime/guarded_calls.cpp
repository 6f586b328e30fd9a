#include "vesta/runtime/guarded_calls.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace vesta {

guarded_calls::guarded_calls(const std::vector<named_policy>& policies) {
  for (const auto& each : policies) policies_.push_back({each.name, call_guard(each.how)});
}

guarded_calls::step guarded_calls::begin(std::uint64_t id, std::string_view name, question what,
                                         platform::nanoseconds now) {
  const auto found = std::ranges::find(policies_, name, &policy::name);
  if (found == policies_.end())
    throw std::logic_error("the actor's spec has no policy named \"" + std::string(name) + "\"");
  auto& it =
      open_.insert_or_assign(id, call{&*found, std::move(what), found->guard.begin(now)}).first->second;
  return attempt(id, it, now);
}

const guarded_calls::question* guarded_calls::find(std::uint64_t id) const {
  const auto found = open_.find(id);
  return found == open_.end() ? nullptr : &found->second.what;
}

guarded_calls::step guarded_calls::attempt(std::uint64_t id, platform::nanoseconds now) {
  return attempt(id, open_.at(id), now);
}

/// What is refused for now fails fast, but for the rate, which lets it pass soon.
guarded_calls::step guarded_calls::attempt(std::uint64_t id, call& it, platform::nanoseconds now) {
  const auto verdict = it.under->guard.attempt(it.state, now);
  switch (verdict.why) {
  case call_refusal::none:
    return {step::kind::ask, verdict.at};
  case call_refusal::open:
    return finish(id, error_code::circuit_open);
  case call_refusal::full:
    return finish(id, error_code::calls_full);
  case call_refusal::rate:
    if (verdict.at > now && it.state.time.after_pause(now, verdict.at - now))
      return {step::kind::wait, verdict.at};
    return finish(id, error_code::calls_too_frequent);
  case call_refusal::no_time:
  case call_refusal::tries_out:
    break;
  }
  return finish(id, it.last == error_code::none ? error_code::request_timed_out : it.last);
}

guarded_calls::step guarded_calls::answered(std::uint64_t id, error_code how, platform::nanoseconds now,
                                            platform::random_stream& random) {
  auto& it = open_.at(id);
  it.last = how;
  it.under->guard.outcome(it.state, how == error_code::none, now);
  if (how == error_code::none) return finish(id, how);
  const auto again = it.under->guard.retry_at(it.state, now, random);
  return again ? step{step::kind::wait, *again} : finish(id, how);
}

guarded_calls::step guarded_calls::finish(std::uint64_t id, error_code code) {
  const auto over = open_.extract(id);
  return {.what = step::kind::finish, .code = code, .make = over.mapped().what.make};
}

} // namespace vesta
