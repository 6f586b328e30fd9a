#include "support/test_node.hpp"

namespace vesta::test {

void decision_log::on_failure(const failure& what, remedy chosen) {
  const std::lock_guard lock{mutex_};
  failures_.push_back(what);
  lines_.push_back(what.actor + ": " + to_string(chosen));
  changed_.notify_all();
}

void decision_log::on_recovered(const recovered& what) {
  add(what.actor + ": cured by " + to_string(what.by));
}

void decision_log::on_escalated_to_root(const escalation& what) {
  std::string line = what.cause.actor + ": safe mode, given up by";
  for (const auto& name : what.path) line += " " + name;
  add(std::move(line));
}

std::vector<std::string> decision_log::wait_for(std::size_t count) {
  std::unique_lock lock{mutex_};
  const bool came = changed_.wait_for(lock, std::chrono::seconds(10), [&] { return lines_.size() >= count; });
  CAPTURE(lines_);
  REQUIRE(came);
  return lines_;
}

std::vector<failure> decision_log::failures() {
  const std::lock_guard lock{mutex_};
  return failures_;
}

void decision_log::add(std::string line) {
  const std::lock_guard lock{mutex_};
  lines_.push_back(std::move(line));
  changed_.notify_all();
}

test_node::test_node(std::vector<actor_spec> actors, restart_intensity intensity, services lent,
                     restart_intensity root)
    : node_({.cores = platform::find_topology().value(), .seed = 7, .listener = &log},
            {.name = "root",
             .intensity = root,
             .supervisors = {{.name = "group", .intensity = intensity, .actors = std::move(actors)}}},
            std::move(lent)) {
  node_.start();
}

} // namespace vesta::test
