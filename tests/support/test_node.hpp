#pragma once

#include <catch2/catch.hpp>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/error_bridge.hpp"
#include "vesta/runtime/node.hpp"

namespace vesta::test {

/// Whether this becomes true within a minute, for what happens on other threads.
template <class Condition>
bool soon(Condition is_so) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!static_cast<bool>(is_so()) && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
  return static_cast<bool>(is_so());
}

/// Writes down what supervisors decide, as lines such as "counter: rollback" and "counter: cured by
/// rollback".
class decision_log final : public supervision_listener {
public:
  void on_failure(const failure& what, remedy chosen) override;
  void on_recovered(const recovered& what) override;
  void on_escalated_to_root(const escalation& what) override;

  /// The lines, once there are at least `count` of them. Fails the test when they do not come within ten
  /// seconds.
  std::vector<std::string> wait_for(std::size_t count);
  std::vector<failure> failures();

private:
  void add(std::string line);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::vector<failure> failures_;
};

/// A running node with these actors under one supervisor below the root.
class test_node {
public:
  explicit test_node(std::vector<actor_spec> actors, restart_intensity intensity = {}, services lent = {},
                     restart_intensity root = {0});

  template <class Interface>
  Interface find(std::string_view name) {
    return node_.find<Interface>(name);
  }
  template <class Handle, class Message>
  void send(const Handle& to, Message message) {
    node_.send(to, message);
  }

  /// Asks and waits. What comes instead of an answer is in `error`.
  template <class Answer, class Handle, class Message>
  std::optional<Answer> ask(const Handle& to, Message message) {
    return node_.ask<Answer>(to, std::move(message), std::chrono::seconds(10), &error);
  }

  node& operator*() { return node_; }
  node* operator->() { return &node_; }

  decision_log log;
  error_code error = error_code::none;

private:
  node node_;
};

} // namespace vesta::test
