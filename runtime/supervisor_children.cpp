// How a supervisor starts, ends and stops its children, at its group's word and at run time.

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <ranges>
#include <spdlog/spdlog.h>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/order_all.hpp"
#include "vesta/runtime/supervisor.hpp"
#include "vesta/runtime/tree_check.hpp"

namespace vesta {
namespace {

void log_late(const std::string& who) {
  spdlog::log(spdlog::level::warn,
              who +
                  " did not end within the shutdown_grace: a handler has not returned, or much waits there");
}

} // namespace

void supervisor::adopt(std::vector<supervised> children) {
  by_name_.reserve(by_name_.size() + children.size());
  for (auto& child : children) {
    const auto at = child.spec ? group_.add(child.spec->restart, child.spec->significant)
                               : group_.add(child.below->restart, child.below->significant);
    by_name_.emplace(child.name(), at);
    if (child.spec) longest_grace_ns_ = std::max(longest_grace_ns_, child.spec->shutdown_grace.count());
    if (!child.spec) below_.push_back(at);
    children_.emplace_hint(children_.end(), at, std::move(child));
  }
}

std::optional<supervisor::child_number> supervisor::number_of(const std::string& name) const {
  const auto found = by_name_.find(name);
  const bool is_there = found != by_name_.end() && children_.contains(found->second);
  return is_there ? std::optional(found->second) : std::nullopt;
}

bool supervisor::is_alone() const {
  return setup_.spec->rule == group_rule::one_for_one || setup_.spec->rule == group_rule::simple_one_for_one;
}

// what children say

void supervisor::on(const incarnation_ended& what) {
  if (what.order != 0) return on_ended(what.child, what.order, end_reason::shutdown);
  if (const auto child = number_of(what.actor)) on_ended(*child, 0, end_reason::normal);
}

void supervisor::on(const children_ended& what) {
  if (const auto child = number_of(what.supervisor)) on_ended(*child, what.order, end_reason::shutdown);
}

void supervisor::on_ended(child_number index, std::uint64_t order, end_reason why) {
  const auto child = children_.find(index);
  if (child == children_.end() || (order != 0 && order != child->second.order)) return;
  left_gate(index);
  child->second.grace_ends_ns = 0;
  group_.ended(index, why, setup_.time->now());
  obey_group();
}

void supervisor::on(const incarnation_started& what) {
  if (const auto child = number_of(what.actor)) children_.at(*child).parked = false;
  on_started(what.actor, what.order);
}

void supervisor::on_started(const std::string& name, std::uint64_t order) {
  const auto child = number_of(name);
  if (!child || order != children_.at(*child).order) return;
  group_.started(*child);
  obey_group();
}

// what the group says

void supervisor::obey_group() {
  for (auto orders = group_.take_orders(); !orders.empty(); orders = group_.take_orders())
    for (const auto& order : orders)
      if (!stops_) obey(order);
  if (!changes_.empty()) settle_changes();
}

void supervisor::obey(const group_order& order) {
  switch (order.what) {
  case group_order::kind::start:
    return start(order.child);
  case group_order::kind::end:
    return end(order.child, true);
  case group_order::kind::suspend:
    return end(order.child, false);
  case group_order::kind::end_all:
    return end_all();
  case group_order::kind::drop: {
    drop(order.child);
    const auto& child = children_.at(order.child);
    if (child.added && child.spec->restart == restart_kind::temporary) forget(order.child);
    return;
  }
  case group_order::kind::give_up:
    return give_up(order.child);
  case group_order::kind::opened:
    if (setup_.parent) tell(setup_.parent, children_started{setup_.spec->name, start_order_});
    was_opened_ = true;
    for (const auto& each : std::exchange(early_, {})) on(each);
    return;
  case group_order::kind::closed:
    return group_closed();
  }
}

/// One that has failed may have to wait in line.
void supervisor::start(child_number index) {
  given_up_.erase(index);
  const bool limited = setup_.spec->restarts_at_once < 1 && is_alone() && troubles_.contains(index);
  if (!limited || gate_.enter(index, restarts_at_once(), setup_.time->now())) return start_now(index);
  await_gate();
}

/// Looks after those that wait in line.
void supervisor::await_gate() {
  if (std::exchange(gate_awaited_, true)) return;
  detail::deliver_later(system().clock(), restart_gate::patience_ns, ctrl(), seal(restarts_overdue{}));
}

/// Where nobody waits for it, one that has failed begins anew by a verdict.
void supervisor::start_now(child_number index) {
  auto& child = children_.at(index);
  const auto trouble = troubles_.extract(index);
  child.order = ++last_order_;
  if (!child.spec) {
    tell(child.address, start_children{child.order});
  } else if (trouble && is_alone()) {
    answer(child, trouble.mapped().what, {remedy::restart});
  } else {
    if (trouble) announce(trouble.mapped().what, remedy::restart);
    tell(child.address, start_incarnation{child.order, !is_alone()}, priority::urgent);
  }
  if (is_alone()) group_.started(index);
}

std::size_t supervisor::restarts_at_once() const {
  const auto share = setup_.spec->restarts_at_once * static_cast<double>(children_.size());
  return std::max<std::size_t>(static_cast<std::size_t>(std::floor(share)), 1);
}

/// It is back, has failed again, or is to end.
void supervisor::left_gate(child_number child) {
  if (gate_.is_empty()) return;
  gate_.leave(child);
  admit();
}

void supervisor::admit() {
  while (const auto next = gate_.next(restarts_at_once(), setup_.time->now())) start_now(*next);
}

void supervisor::on(const restarts_overdue&) {
  gate_awaited_ = false;
  admit();
  if (gate_.has_line()) await_gate();
}

void supervisor::end(child_number index, bool comes_back) {
  consultations_.erase(index);
  left_gate(index);
  auto& child = children_.at(index);
  child.order = ++last_order_;
  if (!child.spec) return tell(child.address, end_children{child.order, comes_back});
  tell(child.address, end_incarnation{child.order, comes_back, index}, priority::urgent);
  await_end(child);
}

/// One order for all, and one answer.
void supervisor::end_all() {
  const auto order = ++last_order_; // answers to earlier ones come too late
  std::vector<caf::strong_actor_ptr> told;
  told.reserve(children_.size());
  auto at = children_.begin();
  group_.for_each([&](child_number number, child_group::state is) {
    if (is != child_group::state::ending) return;
    while (at->first < number) ++at;
    at->second.order = order;
    told.push_back(caf::actor_cast<caf::strong_actor_ptr>(at->second.address));
  });
  if (told.empty()) return group_.all_ended();
  consultations_.clear();
  gate_ = {};
  auto& together = count_from(told.size());
  detail::order_all(system(), std::move(told),
                    end_incarnation{.order = order, .comes_back = !dropped_, .together = &together});
  await_grace(together_ends_ns_);
}

countdown& supervisor::count_from(std::size_t children) {
  auto& together = *countdowns_.emplace_back(std::make_unique<countdown>());
  together.left.store(children, std::memory_order_relaxed);
  together.number = ++last_countdown_;
  together_ends_ns_ = setup_.time->now() + longest_grace_ns_;
  return together;
}

void supervisor::on(const all_ended& what) {
  std::erase_if(countdowns_, [&](const auto& each) { return each->number == what.number; });
  if (what.number == last_countdown_ && together_ends_ns_ != 0) together_ended();
}

/// All of them, or the grace is over for those that have not.
void supervisor::together_ended() {
  together_ends_ns_ = 0;
  if (stops_) {
    children_.clear();
    return all_stopped();
  }
  group_.all_ended();
  obey_group();
}

void supervisor::drop(child_number index) {
  consultations_.erase(index);
  const auto& child = children_.at(index);
  if (const auto trouble = troubles_.extract(index)) announce(trouble.mapped().what, remedy::stop);
  if (child.spec)
    tell(child.address, end_incarnation{}, priority::urgent);
  else
    tell(child.address, end_children{});
}

/// But those that are about to end together, which `end_all` tells.
void supervisor::drop_all() {
  std::vector<child_number> dropped;
  group_.for_each([&](child_number number, child_group::state is) {
    const bool is_away = is == child_group::state::away || is == child_group::state::removed;
    if (is_away || setup_.spec->rule != group_rule::simple_one_for_one)
      dropped.push_back(number);
    else if (const auto trouble = troubles_.extract(number))
      announce(trouble.mapped().what, remedy::stop);
  });
  for (const auto number : std::views::reverse(dropped)) drop(number);
}

// the grace of those that should end

void supervisor::await_end(supervised& child) {
  child.grace_ends_ns = setup_.time->now() + child.spec->shutdown_grace.count();
  await_grace(child.grace_ends_ns);
}

/// One timer will do, as long as it is the earliest.
void supervisor::await_grace(platform::nanoseconds until) {
  if (grace_awaited_ns_ != 0 && grace_awaited_ns_ <= until) return;
  grace_awaited_ns_ = until;
  detail::deliver_later(system().clock(), std::max<std::int64_t>(until - setup_.time->now(), 1), ctrl(),
                        seal(grace_over{}));
}

/// Who is late ends when its handler returns, and only then begins anew: both orders wait for it.
void supervisor::on(const grace_over&) {
  const auto now = setup_.time->now();
  auto next = std::numeric_limits<platform::nanoseconds>::max();
  std::vector<child_number> late;
  for (auto& [number, child] : children_) {
    if (child.grace_ends_ns == 0) continue;
    child.grace_ends_ns > now ? void(next = std::min(next, child.grace_ends_ns)) : late.push_back(number);
  }
  const bool together_late = together_ends_ns_ != 0 && together_ends_ns_ <= now;
  if (together_ends_ns_ > now) next = std::min(next, together_ends_ns_);
  grace_awaited_ns_ = 0;
  if (next != std::numeric_limits<platform::nanoseconds>::max()) await_grace(next);
  for (const auto each : late) {
    log_late("actor \"" + children_.at(each).name() + '"');
    children_.at(each).grace_ends_ns = 0;
    stops_ ? stopped(each) : group_.ended(each, end_reason::shutdown, now);
  }
  if (together_late) {
    log_late("a child of supervisor \"" + setup_.spec->name + '"');
    return together_ended();
  }
  if (!stops_) obey_group();
}

// the end of all

void supervisor::on(const stop_children&) {
  stops_ = true;
  for (const auto& each : std::exchange(changes_, {})) each.done(stopping());
  for (const auto& each : std::exchange(early_, {})) each.done(stopping());
  for (auto& [number, child] : children_) child.grace_ends_ns = 0; // of another end
  if (children_.empty()) return all_stopped();
  if (setup_.spec->rule != group_rule::simple_one_for_one) return stop(children_.rbegin()->first);
  auto& together = count_from(children_.size());
  std::vector<caf::strong_actor_ptr> told;
  told.reserve(children_.size());
  for (const auto& [number, child] : children_)
    told.push_back(caf::actor_cast<caf::strong_actor_ptr>(child.address));
  detail::order_all(system(), std::move(told), stop_actor{.together = &together});
  await_grace(together_ends_ns_);
}

void supervisor::stop(child_number index) {
  auto& child = children_.at(index);
  if (!child.spec) return tell(child.address, stop_children{});
  tell(child.address, stop_actor{index});
  await_end(child);
}

void supervisor::on(const children_stopped& what) {
  if (const auto child = number_of(what.supervisor)) stopped(*child);
}

void supervisor::stopped(child_number index) {
  if (!stops_ || children_.erase(index) == 0) return;
  children_.empty() ? all_stopped() : stop(children_.rbegin()->first);
}

void supervisor::all_stopped() {
  if (setup_.parent) return tell(setup_.parent, children_stopped{setup_.spec->name});
  setup_.stopped->store(true, std::memory_order_release);
  setup_.stopped->notify_all();
}

// changes at run time

void detail::log_refusal(const absl::Status& how) {
  if (!how.ok()) spdlog::log(spdlog::level::err, std::string(how.message()));
}

absl::Status supervisor::stopping() const {
  return absl::UnavailableError(fmt::format(
      "supervisor \"{}\" is stopping; its children cannot be changed any more", setup_.spec->name));
}

void supervisor::on(const change_children& order) {
  if (stops_) return order.done(stopping());
  if (!was_opened_) return early_.push_back(order);
  absl::Status status;
  for (std::size_t i = 0; i < order.specs.size() && status.ok(); ++i) status = add(order.specs[i]);
  auto children = numbers_for(order);
  if (status.ok() && !children.ok()) status = std::move(children).status();
  if (!status.ok()) {
    obey_group();
    return order.done(std::move(status)); // whole, for another thread
  }
  const bool restarts = order.what == change_children::kind::restart;
  for (const auto each : *children) restarts ? group_.resume(each) : group_.suspend(each);
  if (restarts) children->clear(); // nobody waits for them
  changes_.push_back({order.what, *std::move(children), order.done});
  obey_group();
}

absl::Status supervisor::add(std::shared_ptr<const actor_spec> spec) {
  if (auto status = check_child(*spec, *setup_.spec); !status.ok()) return status;
  auto child = setup_.maker->make(std::move(spec), caf::actor_cast<caf::actor>(this));
  if (!child.ok()) return child.status();
  child->added = true;
  std::vector<supervised> one;
  one.push_back(*std::move(child));
  adopt(std::move(one));
  group_.resume(children_.rbegin()->first);
  return absl::OkStatus();
}

/// Those that are named, if the order can be carried out on all of them.
absl::StatusOr<std::vector<supervisor::child_number>>
supervisor::numbers_for(const change_children& order) const {
  std::vector<child_number> found;
  for (const auto& name : order.names) {
    const auto child = number_of(name);
    if (!child)
      return absl::NotFoundError(
          fmt::format("supervisor \"{}\" has no child named \"{}\"", setup_.spec->name, name));
    const auto is = group_.state_of(*child);
    if (order.what == change_children::kind::restart && is != child_group::state::away)
      return absl::FailedPreconditionError(fmt::format(
          "child \"{}\" cannot be restarted: it is {}", name,
          is == child_group::state::removed ? "temporary, and does not come back" : "there; stop it first"));
    if (order.what == change_children::kind::remove && !children_.at(*child).spec)
      return absl::InvalidArgumentError(
          fmt::format("child \"{}\" is a supervisor and cannot be removed; stop it", name));
    found.push_back(*child);
  }
  return found;
}

/// Those that waited for somebody's end. A look at one child each time will do: the last to end finds them
/// all.
void supervisor::settle_changes() {
  const auto has_ended = [this](child_number child) {
    const auto is = group_.state_of(child);
    return is == child_group::state::away || is == child_group::state::removed;
  };
  for (auto& change : changes_)
    while (!change.children.empty() && has_ended(change.children.back())) {
      if (change.what == change_children::kind::remove) forget(change.children.back());
      change.children.pop_back();
    }
  const auto open = std::partition(changes_.begin(), changes_.end(),
                                   [](const open_change& each) { return !each.children.empty(); });
  for (auto at = open; at != changes_.end(); ++at) at->done(absl::OkStatus());
  changes_.erase(open, changes_.end());
}

/// It is away, and does not come back.
void supervisor::forget(child_number index) {
  if (!children_.contains(index)) return;
  const auto child = children_.extract(index).mapped();
  by_name_.erase(child.name());
  group_.remove(index);
  troubles_.erase(index);
  given_up_.erase(index);
  pauses_.erase(index);
  setup_.maker->forget(child);
}

void supervisor::on(const list_children& order) {
  std::vector<child_info> all;
  for (const auto& [number, child] : children_)
    all.push_back({child.name(), !child.spec, group_.state_of(number), child.parked});
  order.done(std::move(all));
}

} // namespace vesta
