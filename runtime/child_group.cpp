#include "vesta/runtime/child_group.hpp"

#include <algorithm>
#include <utility>

namespace vesta {

std::size_t child_group::add(restart_kind restart, bool significant) {
  children_.emplace_hint(children_.end(), next_, member{restart, significant});
  return next_++;
}

bool child_group::remove(std::size_t child) {
  const auto found = children_.find(child);
  if (found == children_.end() || is_up(found->second)) return false;
  std::erase_if(later_, [&](const event& each) { return each.child == child; });
  children_.erase(found);
  return true;
}

child_group::state child_group::state_of(std::size_t child) const {
  const auto found = children_.find(child);
  return found == children_.end() ? state::removed : found->second.is;
}

bool child_group::is_alone() const {
  return rule_ == group_rule::one_for_one || rule_ == group_rule::simple_one_for_one;
}

void child_group::open() {
  restarts_ = {};
  later_.clear();
  opening_ = true;
  for (auto& [number, each] : children_) each.is = state::away;
  start_next(0);
}

void child_group::close() {
  later_.clear();
  end_from(0, phase::closing);
}

void child_group::started(std::size_t child) {
  auto& it = children_.at(child);
  if (it.is != state::starting) return;
  it.is = state::running;
  if (phase_ == phase::starting && awaited_ == child) start_next(child + 1);
}

void child_group::ended(std::size_t child, end_reason why, std::int64_t now_ns) {
  auto& it = children_.at(child);
  if (!is_up(it)) return;
  if (it.is == state::ending || (phase_ == phase::closing || (phase_ == phase::ending && child >= first_))) {
    has_ended(child, it);
    if (phase_ != phase::serving && awaited_ == child) end_before(child);
    return;
  }
  const event what{child, event::kind::ended, why, now_ns};
  const bool failed_to_start = phase_ == phase::starting && awaited_ == child;
  phase_ == phase::serving || failed_to_start ? handle(what) : later_.push_back(what);
}

/// Because of an order, or while the group ends.
void child_group::has_ended(std::size_t child, member& it) {
  it.is = it.restart == restart_kind::temporary ? state::removed : state::away;
  std::erase_if(later_, [&](const auto& each) {
    return each.child == child && each.what == event::kind::ended;
  }); // of a life that is over
  if (it.is == state::removed) orders_.push_back({group_order::kind::drop, child});
}

void child_group::all_ended() {
  if (phase_ != phase::closing) return;
  for (auto& [number, it] : children_)
    if (is_up(it)) has_ended(number, it);
  phase_ = phase::closed;
  orders_.push_back({group_order::kind::closed});
}

void child_group::left_out(std::size_t child) {
  auto& it = children_.at(child);
  if (it.is == state::starting) return started(child);
  const bool awaited = phase_ == phase::starting && awaited_ == child;
  if (is_up(it) || (phase_ != phase::serving && !awaited)) return;
  it.is = state::running; // it is there, parked
  awaited ? start_next(child + 1) : serve();
}

void child_group::suspend(std::size_t child) {
  later_.push_back({child, event::kind::suspend, {}, 0});
  if (phase_ == phase::serving) serve();
}

void child_group::resume(std::size_t child) {
  later_.push_back({child, event::kind::resume, {}, 0});
  if (phase_ == phase::serving) serve();
}

bool child_group::is_up(const member& it) { return it.is != state::away && it.is != state::removed; }

void child_group::handle(const event& what) {
  auto& it = children_.at(what.child);
  switch (what.what) {
  case event::kind::suspend:
    if (!is_up(it)) return;
    it.is = state::ending;
    return orders_.push_back({group_order::kind::suspend, what.child});
  case event::kind::resume:
    if (it.is != state::away) return;
    it.is = state::starting;
    return orders_.push_back({group_order::kind::start, what.child});
  case event::kind::ended:
    if (!is_up(it)) return; // ended by an order meanwhile
    it.is = state::away;
    const bool comes_back = it.restart == restart_kind::permanent ||
                            (it.restart == restart_kind::transient && what.why == end_reason::failed);
    comes_back ? restart(what.child, what.now_ns) : stay_away(what.child);
  }
}

void child_group::restart(std::size_t child, std::int64_t now_ns) {
  if (!restarts_.allow(intensity_, now_ns)) return orders_.push_back({group_order::kind::give_up, child});
  if (is_alone()) {
    children_.at(child).is = state::starting;
    return orders_.push_back({group_order::kind::start, child});
  }
  end_from(rule_ == group_rule::one_for_all ? 0 : child, phase::ending);
}

/// A significant child that ends of its own accord may take the whole group with it.
void child_group::stay_away(std::size_t child) {
  auto& it = children_.at(child);
  if (it.restart == restart_kind::temporary) it.is = state::removed;
  orders_.push_back({group_order::kind::drop, child});
  const auto one_is_left = [&] {
    return std::ranges::any_of(
        children_, [](const auto& each) { return each.second.significant && is_up(each.second); });
  };
  if (it.significant && shutdown_ != auto_shutdown::never &&
      (shutdown_ == auto_shutdown::any_significant || !one_is_left()))
    return close();
  if (phase_ == phase::starting && awaited_ == child) start_next(child + 1);
}

void child_group::end_from(std::size_t first, phase as) {
  phase_ = as;
  first_ = first;
  awaited_ = next_; // nobody yet
  rule_ == group_rule::simple_one_for_one ? end_all() : end_before(next_);
}

void child_group::end_all() {
  for (auto& [number, it] : children_)
    if (is_up(it)) it.is = state::ending;
  orders_.push_back({group_order::kind::end_all});
}

/// The last of them, among those before this one, that has not ended. After the first one they start again,
/// or the group is closed.
void child_group::end_before(std::size_t child) {
  for (auto at = children_.lower_bound(child); at != children_.begin();) {
    auto& [number, it] = *--at;
    if (number < first_) break;
    if (!is_up(it)) continue;
    if (it.is != state::ending) orders_.push_back({group_order::kind::end, number});
    it.is = state::ending;
    awaited_ = number;
    return;
  }
  if (phase_ == phase::ending) return start_next(first_);
  phase_ = phase::closed;
  orders_.push_back({group_order::kind::closed});
}

void child_group::start_next(std::size_t first) {
  phase_ = phase::starting;
  for (auto at = children_.lower_bound(first); at != children_.end(); ++at) {
    auto& [number, it] = *at;
    if (it.is != state::away) continue;
    it.is = state::starting;
    orders_.push_back({group_order::kind::start, number});
    awaited_ = number;
    if (!is_alone()) return;
  }
  serve();
}

/// What has come in the meantime, as far as nothing has to be awaited again.
void child_group::serve() {
  phase_ = phase::serving;
  if (std::exchange(opening_, false)) orders_.push_back({group_order::kind::opened});
  while (phase_ == phase::serving && !later_.empty()) {
    const auto what = later_.front();
    later_.pop_front();
    handle(what);
  }
}

} // namespace vesta
