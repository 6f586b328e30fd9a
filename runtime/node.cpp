#include "vesta/runtime/node.hpp"

#include <stdexcept>
#include <unordered_set>

#include "vesta/platform/clock.hpp"
#include "vesta/runtime/error_bridge.hpp"
#include "vesta/runtime/logical_actor.hpp"
#include "vesta/runtime/pinned_scheduler.hpp"
#include "vesta/runtime/prelude.hpp"
#include "vesta/runtime/timer_clock.hpp"

namespace vesta {
namespace {

/// What a hosted node's own waiting takes at a time.
constexpr platform::nanoseconds pump_ns = 1'000'000;

template <class Actor, class Setup>
caf::actor spawn_placed(caf::actor_system& system, placement where, Setup setup) {
  caf::actor_config config;
  config.flags |= placement_flags(where);
  return system.spawn_class<Actor, caf::no_spawn_options>(config, std::move(setup));
}

/// Before anything is spawned: an actor system does not end while one of its actors lives.
void check_names(const supervisor_spec& spec, std::unordered_set<std::string>& seen) {
  for (const auto& actor : spec.actors)
    if (!seen.insert(actor.name).second)
      throw std::invalid_argument("two actors are named \"" + actor.name + "\"; names are unique in a node");
  for (const auto& below : spec.supervisors) check_names(below, seen);
}

/// Without cores the workers would not be there, and whoever waits for an actor would wait for ever.
node_options with_cores(node_options options) {
  if (options.hosted) return options;
  auto cores = platform::completed(std::move(options.cores));
  if (!cores.ok()) throw std::invalid_argument(std::string(cores.status().message()));
  options.cores = *std::move(cores);
  return options;
}

} // namespace

node::node(node_options options, supervisor_spec tree, services lent)
    : options_(with_cores(std::move(options))), tree_(std::move(tree)), lent_(std::move(lent)) {
  std::unordered_set<std::string> seen;
  check_names(tree_, seen);
  if (options_.hosted)
    use_hosted_scheduler(config_);
  else
    use_pinned_scheduler(config_, {.cores = options_.cores});
  system_ = std::make_unique<caf::actor_system>(config_);
  host_ = hosted_scheduler_of(*system_);
  spawn_tree(tree_, {});
}

node::~node() { stop(); }

void node::start() {
  for (const auto& entry : directory_.entries()) inbox_actor::behind(entry.address)->publish();
  for (auto& [supervisor, children] : adoptions_) caf::anon_send(supervisor, adopt{std::move(children)});
}

void node::stop() {
  std::call_once(stopped_, [this] {
    stop_tree();
    end_actors();
  });
}

void node::stop_tree() {
  caf::scoped_actor self{*system_};
  const auto root = adoptions_.front().supervisor;
  auto stopped = self->request(root, caf::infinite, stop_children{});
  await_mail(self, std::chrono::nanoseconds::max());
  stopped.receive([] {}, [](const caf::error&) {});
}

void node::end_actors() {
  for (const auto& entry : directory_.entries()) caf::anon_send_exit(entry.address, caf::exit_reason::kill);
  for (const auto& each : adoptions_) caf::anon_send_exit(each.supervisor, caf::exit_reason::kill);
  adoptions_.clear();
  while (host_ && host_->tick({.budget = pump_ns}).turns > 0) {
  }
  system_->await_all_actors_done();
  directory_.clear();
}

tick_report node::tick(const tick_request& wanted) {
  if (!host_)
    throw std::logic_error("only a hosted node has to be ticked; say .hosted = true in its options");
  return host_->tick(wanted);
}

void node::await_mail(caf::scoped_actor& self, std::chrono::nanoseconds limit) {
  auto& real = platform::steady_clock();
  const auto began = real.now();
  while (host_ && self->mailbox().empty() && real.now() - began < limit.count())
    host_->tick({.budget = pump_ns});
}

caf::actor node::spawn_tree(const supervisor_spec& spec, const caf::actor& parent) {
  auto self = spawn_placed<supervisor>(*system_, placement::any(),
                                       supervisor_setup{.name = spec.name,
                                                        .intensity = spec.intensity,
                                                        .time = &time(),
                                                        .listener = options_.listener,
                                                        .parent = parent,
                                                        .seed = options_.seed});
  const auto at = adoptions_.size();
  adoptions_.push_back({self, {}});
  std::vector<supervised> children;
  for (const auto& actor : spec.actors) children.push_back(spawn_actor(actor, self));
  for (const auto& below : spec.supervisors)
    children.push_back({.name = below.name, .address = spawn_tree(below, self)});
  adoptions_[at].children = std::move(children);
  return self;
}

supervised node::spawn_actor(const actor_spec& spec, const caf::actor& its_supervisor) {
  counters_.push_back(std::make_unique<actor_counters>());
  auto* counters = counters_.back().get();
  auto address = spawn_placed<logical_actor>(
      *system_, spec.where,
      actor_setup{.spec = &spec,
                  .peers = &directory_,
                  .lent = &lent_,
                  .time = &time(),
                  .timers = &dynamic_cast<timer_clock&>(system_->clock()),
                  .counters = counters,
                  .seed = options_.seed,
                  .supervisor = caf::actor_cast<caf::strong_actor_ptr>(its_supervisor)});
  directory_.add({spec.name, spec.interface, caf::actor_cast<caf::strong_actor_ptr>(address), counters});
  return {.spec = &spec, .name = spec.name, .address = address};
}

const platform::clock& node::time() const { return host_ ? host_->time() : platform::steady_clock(); }

bool node::kill(std::string_view name, std::string reason) {
  const auto* entry = directory_.find(name);
  if (entry) tell(entry->address, kill_incarnation{std::move(reason)}, priority::urgent);
  return entry != nullptr;
}

bool node::release(std::string_view name) {
  const auto* entry = directory_.find(name);
  if (entry) tell(entry->address, start_incarnation{});
  return entry != nullptr;
}

error_code node::reason_of(const caf::error& error) {
  if (const auto code = code_of(error); code != error_code::none) return code;
  if (error == caf::sec::request_timeout) return error_code::request_timed_out;
  if (error == caf::sec::unexpected_message) return error_code::unexpected_message;
  return error_code::actor_stopped; // CAF's words for a receiver that is gone
}

caf::strong_actor_ptr node::address(std::string_view name, std::type_index interface) const {
  const auto* entry = directory_.find(name);
  if (!entry) throw std::logic_error("no actor is named \"" + std::string(name) + "\"");
  if (entry->interface != interface)
    throw std::logic_error("the actor \"" + std::string(name) + "\" has another interface");
  return entry->address;
}

} // namespace vesta
