#include "vesta/runtime/node.hpp"

#include <cstdlib>
#include <cxxabi.h>
#include <future>
#include <stdexcept>

#include "vesta/messages/prelude.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/runtime/checkpoint_writer.hpp"
#include "vesta/runtime/error_bridge.hpp"
#include "vesta/runtime/handler_times.hpp"
#include "vesta/runtime/logical_actor.hpp"
#include "vesta/runtime/node_counters.hpp"
#include "vesta/runtime/outside_question.hpp"
#include "vesta/runtime/pinned_scheduler.hpp"
#include "vesta/runtime/timer_clock.hpp"
#include "vesta/runtime/tree_check.hpp"

namespace vesta {
namespace {

template <class Actor, class Setup>
caf::actor spawn_placed(caf::actor_system& system, placement where, Setup setup) {
  caf::actor_config config;
  config.flags |= placement_flags(where);
  return system.spawn_class<Actor, caf::no_spawn_options>(config, std::move(setup));
}

bool has_workers(const node_options& options) { return !options.hosted && !options.simulated; }

/// Without cores the workers would not be there, and whoever waits for an actor would wait for ever.
node_options with_cores(node_options options) {
  if (options.hosted && options.simulated)
    throw std::invalid_argument("a node is either hosted or simulated; set one of them in its options");
  if (!has_workers(options)) return options;
  auto cores = platform::completed(std::move(options.cores));
  if (!cores.ok()) throw std::invalid_argument(std::string(cores.status().message()));
  options.cores = *std::move(cores);
  return options;
}

/// The class without its namespaces.
std::string class_name(std::type_index type) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> whole(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), std::free);
  const std::string_view name = whole ? whole.get() : type.name();
  const auto before = name.substr(0, name.find('<')).rfind("::");
  return std::string(before == std::string_view::npos ? name : name.substr(before + 2));
}

void count_in(const actor_counters& of, kind_counters& to) {
  const auto get = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  to.handled += get(of.handled);
  to.sent += get(of.sent);
  to.failures += get(of.failures);
  to.recovered += get(of.recovered);
  to.refused += get(of.refused);
  to.overflowed += get(of.overflowed);
  to.busy_ns += get(of.busy_ns);
}

std::string needs_folder(const actor_spec& spec) {
  return "actor \"" + spec.name + "\" keeps its state on disk; name the node's state_folder";
}

/// Null when there is none.
const actor_spec* first_on_disk(const supervisor_spec& tree) {
  for (const auto& each : tree.actors)
    if (each.on_disk) return &each;
  for (const auto& below : tree.supervisors)
    if (const auto* found = first_on_disk(below)) return found;
  return nullptr;
}

/// Vesta's code for any error that a request can end with.
error_code reason_of(const caf::error& error) {
  if (const auto code = code_of(error); !error || code != error_code::none) return code;
  if (error == caf::sec::request_timeout) return error_code::request_timed_out;
  if (error == caf::sec::unexpected_message) return error_code::unexpected_message;
  return error_code::actor_stopped; // CAF's words for a receiver that is gone
}

std::size_t actors_of(const supervisor_spec& tree) {
  auto sum = tree.actors.size();
  for (const auto& below : tree.supervisors) sum += actors_of(below);
  return sum;
}

absl::Status has_stopped() { return absl::UnavailableError("the node has stopped"); }

absl::Status unknown(const char* what, std::string_view name) {
  return absl::NotFoundError("no " + std::string(what) + " is named \"" + std::string(name) + "\"");
}

} // namespace

struct node::counted_kind {
  std::type_index of; ///< class
  handler_times times;
  kind_counters gone = {}; ///< what those have counted that are forgotten
};

node::node(node_options options, supervisor_spec tree, services lent)
    : options_(with_cores(std::move(options))), tree_(std::move(tree)), lent_(std::move(lent)) {
  // Before anything is spawned: an actor system does not end while one of its actors lives.
  if (const auto status = check_tree(tree_); !status.ok())
    throw std::invalid_argument(std::string(status.message()));
  if (const auto* durable = first_on_disk(tree_); durable && options_.state_folder.empty())
    throw std::invalid_argument(needs_folder(*durable));
  if (!options_.state_folder.empty()) {
    auto& files = options_.files ? *options_.files : platform::real_files();
    if (const auto status = files.make_directory(options_.state_folder); !status.ok())
      throw std::invalid_argument("the state_folder cannot be used: " + std::string(status.message()));
    const auto cores = has_workers(options_) ? options_.cores.efficiency : std::vector<int>{};
    states_ = std::make_unique<checkpoint_writer>(files, options_.state_folder, cores);
  }
  if (options_.hosted)
    use_hosted_scheduler(config_);
  else if (options_.simulated)
    use_simulated_scheduler(config_, options_.seed);
  else
    use_pinned_scheduler(config_, {.cores = options_.cores});
  system_ = std::make_unique<caf::actor_system>(config_);
  driven_ = dynamic_cast<driven_scheduler*>(&system_->scheduler());
  surroundings_ = std::make_unique<actor_surroundings>(
      actor_surroundings{.peers = &directory_,
                         .letters = &dead_letters_,
                         .watch = &watchdog_,
                         .states = states_.get(),
                         .lent = &lent_,
                         .time = &time(),
                         .timers = &dynamic_cast<timer_clock&>(system_->clock()),
                         .seed = options_.seed});
  directory_.reserve(actors_of(tree_));
  spawn_tree(tree_, {});
  directory_.settle();
}

node::~node() {
  stop();
  directory_.clear();
}

void node::start() {
  for (const auto& each : first_actors_) inbox_actor::behind(each)->publish();
  for (auto& each : adoptions_) {
    auto* over = static_cast<supervisor*>(
        inbox_actor::behind(caf::actor_cast<caf::strong_actor_ptr>(each.supervisor)));
    over->adopt(std::move(each.children));
    over->publish();
  }
  if (has_workers(options_)) watchdog_.start(options_.cores.efficiency);
  tell(adoptions_.front().supervisor, start_children{});
  started_ = true;
}

/// Who waits there for the node's work waits for himself.
void node::refuse_in_handler(const char* call) const {
  const auto* here = detail::unit_of_this_thread;
  if (here && &here->system() == system_.get())
    throw std::logic_error(std::string("node::") + call +
                           " waits for actors; it was called from a handler of one of them, or from a "
                           "listener");
}

void node::stop() {
  refuse_in_handler("stop");
  std::call_once(stopped_, [this] {
    stop_tree();
    end_actors();
  });
}

void node::stop_tree() {
  tell(adoptions_.front().supervisor, stop_children{});
  while (driven_ && !tree_stopped_.load(std::memory_order_acquire)) driven_->run_on();
  tree_stopped_.wait(false, std::memory_order_acquire);
}

void node::end_actors() {
  watchdog_.stop();
  {
    const std::lock_guard lock(making_);
    makes_none_ = true;
  }
  for (const auto& entry : directory_.entries()) // all but those that did not stop in time
    if (!inbox_actor::behind(entry->address)->has_ended())
      caf::anon_send_exit(entry->address, caf::exit_reason::kill);
  for (const auto& each : adoptions_) caf::anon_send_exit(each.supervisor, caf::exit_reason::kill);
  adoptions_.clear();
  while (driven_ && driven_->run_ready()) {
  }
  if (states_) states_->finish();
  system_->await_all_actors_done();
  has_stopped_ = true;
}

tick_report node::tick(const tick_request& wanted) {
  refuse_in_handler("tick");
  auto* host = dynamic_cast<hosted_scheduler*>(driven_);
  if (!host) throw std::logic_error("only a hosted node has to be ticked; say .hosted = true in its options");
  watchdog_.look(platform::steady_clock().now()); // for a handler that another thread's tick is in
  return host->tick(wanted);
}

simulated_run node::run(const run_limits& until) {
  refuse_in_handler("run");
  auto* simulator = dynamic_cast<simulated_scheduler*>(driven_);
  if (!simulator)
    throw std::logic_error("only a simulated node is run; say .simulated = true in its options");
  return simulator->run(until);
}

/// Without workers somebody has to run the actors that are waited for, and the clock that ends the wait.
caf::message node::answer_from(const caf::strong_actor_ptr& whom, caf::message question,
                               std::chrono::nanoseconds limit, error_code* why) {
  refuse_in_handler("ask");
  detail::outside_question asked{
      *system_, whom, std::move(question),
      caf::duration{std::min(limit, std::chrono::nanoseconds(platform::longest_wait))}};
  while (driven_ && !asked.has_outcome()) driven_->run_on();
  auto outcome = asked.wait();
  if (why) *why = reason_of(outcome.error);
  return std::move(outcome.answer);
}

caf::actor node::spawn_tree(const supervisor_spec& spec, const caf::actor& parent) {
  auto self = spawn_placed<supervisor>(*system_, placement::any(),
                                       supervisor_setup{.spec = &spec,
                                                        .time = &time(),
                                                        .peers = &directory_,
                                                        .listener = options_.listener,
                                                        .maker = this,
                                                        .seed = options_.seed,
                                                        .parent = parent,
                                                        .stopped = &tree_stopped_});
  directory_.add_supervisor(spec.name, self, parent);
  const auto at = adoptions_.size();
  adoptions_.push_back({self, {}});
  std::vector<supervised> children;
  children.reserve(spec.actors.size() + spec.supervisors.size());
  for (const auto& actor : spec.actors) { // the tree is the node's, so nobody else owns it
    children.push_back(*spawn_actor({std::shared_ptr<const actor_spec>(), &actor}, self));
    keep_to_the_end(children.back().address);
  }
  for (const auto& below : spec.supervisors)
    children.push_back({.below = &below, .address = spawn_tree(below, self)});
  adoptions_[at].children = std::move(children);
  return self;
}

void node::keep_to_the_end(const caf::actor& first) {
  const auto& kept = first_actors_.emplace_back(caf::actor_cast<caf::strong_actor_ptr>(first));
  inbox_actor::behind(kept)->live_with_node();
}

absl::StatusOr<supervised> node::spawn_actor(std::shared_ptr<const actor_spec> spec, const caf::actor& over) {
  if (spec->on_disk && !states_) return absl::InvalidArgumentError(needs_folder(*spec));
  const std::lock_guard lock(making_);
  if (makes_none_) return absl::UnavailableError("the node is stopping");
  const auto kind = number_of(spec->kind);
  auto address =
      spawn_placed<logical_actor>(*system_, spec->where,
                                  actor_setup{.spec = spec,
                                              .node = surroundings_.get(),
                                              .times = &kinds_[kind]->times,
                                              .supervisor = caf::actor_cast<caf::strong_actor_ptr>(over)});
  auto held = caf::actor_cast<caf::strong_actor_ptr>(address);
  const auto* counters = &static_cast<logical_actor*>(inbox_actor::behind(held))->counters();
  if (!directory_.add({spec, held, over, counters, kind})) {
    caf::anon_send_exit(address, caf::exit_reason::kill);
    return absl::AlreadyExistsError("an actor or a supervisor is named \"" + spec->name +
                                    "\" already; names are unique in a node");
  }
  return supervised{.spec = std::move(spec), .address = std::move(address)};
}

absl::StatusOr<supervised> node::make(std::shared_ptr<const actor_spec> spec, const caf::actor& over) {
  const auto status = check_standby(*spec);
  return status.ok() ? spawn_actor(std::move(spec), over) : status;
}

absl::Status node::check_standby(const actor_spec& spec) const {
  if (spec.standby.empty()) return absl::OkStatus();
  auto standby = directory_.find(spec.standby);
  if (!standby || standby->spec->name == spec.name)
    return absl::InvalidArgumentError("actor \"" + spec.name + "\" names \"" + spec.standby +
                                      "\" as its standby; name another actor of this node");
  if (standby->spec->interface != spec.interface)
    return absl::InvalidArgumentError("actor \"" + spec.name + "\" and its standby \"" + spec.standby +
                                      "\" have different interfaces");
  for (; standby; standby = directory_.find(standby->spec->standby))
    if (standby->spec->standby == spec.name)
      return absl::InvalidArgumentError("the standbys of actor \"" + spec.name +
                                        "\" lead back to it; let one of them have none");
  return absl::OkStatus();
}

void node::forget(const supervised& child) {
  caf::anon_send_exit(child.address, caf::exit_reason::kill);
  const std::lock_guard lock(making_);
  const auto entry = directory_.find(child.name());
  count_in(*entry->counters, kinds_[entry->kind]->gone);
  directory_.remove(child.name());
}

std::uint32_t node::number_of(std::type_index actor_class) {
  const auto known = std::ranges::find_if(kinds_, [&](const auto& each) { return each->of == actor_class; });
  const auto number = static_cast<std::uint32_t>(known - kinds_.begin());
  if (known == kinds_.end()) kinds_.push_back(std::make_unique<counted_kind>(actor_class));
  return number;
}

// changes at run time

/// Sends an order whose `done` gets the answer, and waits for that.
template <class Answer, class Order>
absl::StatusOr<Answer> node::order(const caf::actor& supervisor, Order what) {
  refuse_in_handler("change");
  if (!started_) return absl::FailedPreconditionError("the node has not been started");
  auto promise = std::make_shared<std::promise<Answer>>();
  auto answer = promise->get_future();
  what.done = [kept = std::move(promise)](Answer value) { kept->set_value(std::move(value)); };
  tell(supervisor, std::move(what));
  while (driven_ && answer.wait_for(std::chrono::seconds(0)) != std::future_status::ready) driven_->run_on();
  try {
    return answer.get();
  } catch (const std::future_error&) { // a supervisor that has ended drops the order, and with it the promise
    return has_stopped();
  }
}

absl::Status node::change(const caf::actor& supervisor, change_children what) {
  auto status = order<absl::Status>(supervisor, std::move(what));
  return status.ok() ? *std::move(status) : std::move(status).status();
}

absl::Status node::change(std::string_view supervisor, change_children what) {
  if (has_stopped_) return has_stopped();
  const auto over = directory_.find_supervisor(supervisor);
  return over ? change(over, std::move(what)) : unknown("supervisor", supervisor);
}

absl::Status node::add(std::string_view supervisor, std::vector<actor_spec> children) {
  return change(supervisor, add_children(std::move(children)));
}

/// Invalid when there is no such child.
caf::actor node::over(std::string_view child) const {
  if (const auto entry = directory_.find(child)) return entry->supervisor;
  return directory_.parent_of(child);
}

absl::Status node::change_one(std::string_view name, change_children::kind how) {
  if (has_stopped_) return has_stopped();
  const auto supervisor = over(name);
  return supervisor ? change(supervisor, {.what = how, .names = {std::string(name)}})
                    : unknown("actor or supervisor below the root", name);
}

absl::Status node::stop_child(std::string_view name) { return change_one(name, change_children::kind::stop); }

absl::Status node::restart_child(std::string_view name) {
  return change_one(name, change_children::kind::restart);
}

absl::Status node::remove_child(std::string_view name) {
  return change_one(name, change_children::kind::remove);
}

absl::StatusOr<std::vector<child_info>> node::children(std::string_view supervisor) {
  if (has_stopped_) return has_stopped();
  const auto over = directory_.find_supervisor(supervisor);
  if (!over) return unknown("supervisor", supervisor);
  return order<std::vector<child_info>>(over, list_children{});
}

// what it knows

node_counters node::counters() const {
  node_counters seen{.at_ns = platform::steady_clock().now()};
  if (const auto* pinned = pinned_scheduler_of(*system_)) {
    seen.workers = pinned->workers();
    seen.waiting = pinned->waiting();
  } else if (driven_) {
    seen.workers = {driven_->work()};
    seen.waiting = seen.workers.front().counters.waiting;
  }
  const std::lock_guard lock(making_);
  for (const auto& each : kinds_) {
    seen.kinds.push_back(each->gone);
    seen.kinds.back().kind = class_name(each->of);
    seen.kinds.back().handler_times = each->times.read();
  }
  for (const auto& entry : directory_.entries()) {
    auto& kind = seen.kinds[entry->kind];
    ++kind.actors;
    kind.waiting += inbox_actor::behind(entry->address)->waiting();
    count_in(*entry->counters, kind);
  }
  return seen;
}

const platform::clock& node::time() const { return driven_ ? driven_->time() : platform::steady_clock(); }

/// Null when there is no actor of that name, or when they have all ended.
directory::entry_ptr node::living(std::string_view name) const {
  return has_stopped_ ? nullptr : directory_.find(name);
}

bool node::kill(std::string_view name, std::string reason) {
  const auto entry = living(name);
  if (entry) tell(entry->address, kill_incarnation{std::move(reason)}, priority::urgent);
  return entry != nullptr;
}

bool node::inject(std::string_view name, const inject_fault& what) {
  const auto entry = living(name);
  if (entry) tell(entry->address, what, priority::urgent);
  return entry != nullptr;
}

bool node::checkpoint(std::string_view name) {
  const auto entry = living(name);
  if (entry) tell(entry->address, save_checkpoint{});
  return entry != nullptr;
}

bool node::release(std::string_view name) {
  const auto entry = living(name);
  if (entry) tell(entry->address, start_incarnation{});
  return entry != nullptr;
}

caf::strong_actor_ptr node::address(std::string_view name, std::type_index interface) const {
  if (has_stopped_) throw std::logic_error("the node has stopped");
  const auto entry = directory_.find(name);
  if (!entry) throw std::logic_error("no actor is named \"" + std::string(name) + "\"");
  if (entry->spec->interface != interface)
    throw std::logic_error("the actor \"" + std::string(name) + "\" has another interface");
  return entry->address;
}

} // namespace vesta
