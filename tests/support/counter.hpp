#pragma once

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "vesta/runtime/actor.hpp"

namespace vesta::test {

struct add {
  int amount = 0;
};
VESTA_MESSAGE(add);

/// Throws until it has been tried `failures` times, then adds.
struct add_after {
  int amount = 0;
  int failures = 0;
};
VESTA_MESSAGE(add_after);

struct sum_request {};
VESTA_MESSAGE(sum_request);

struct sum {
  std::int64_t value = 0;
  std::uint64_t incarnation = 0;
};
VESTA_MESSAGE(sum);

/// The counter's listeners hear of each addition.
struct added {
  int amount = 0;
};
VESTA_MESSAGE(added);

using counter_actor =
    caf::typed_actor<caf::reacts_to<add>, caf::reacts_to<add_after>, caf::replies_to<sum_request>::with<sum>>;
using listener_actor = caf::typed_actor<caf::reacts_to<added>, caf::replies_to<sum_request>::with<sum>>;

/// How often handlers of `add_after` have been tried; lent to the node by a test, so that it outlives
/// incarnations.
struct attempts {
  std::atomic<int> made{0};
};

struct counter_state {
  std::int64_t total = 0;
};
VESTA_MESSAGE(counter_state);

/// Adds up what it is sent and tells "listener". Fails half-way on request: the sum changed, the message out,
/// then a throw.
class counter {
public:
  using interface = counter_actor;
  explicit counter(context& self) : self_(self) {}

  void on(const add& m) {
    state.total += m.amount;
    self_.send(self_.peer<listener_actor>("listener"), added{m.amount});
    if (m.amount < 0) throw std::invalid_argument("a negative amount");
  }
  void on(const add_after& m) {
    state.total += m.amount;
    self_.send(self_.peer<listener_actor>("listener"), added{m.amount});
    if (self_.use<attempts>().made++ < m.failures) throw std::runtime_error("not yet");
  }
  sum on(const sum_request&) { return {state.total, self_.incarnation()}; }

  counter_state state;

private:
  context& self_;
};

/// The same without a state that survives.
class forgetful_counter {
public:
  using interface = counter_actor;
  explicit forgetful_counter(context& self) : self_(self) {}

  void on(const add& m) {
    if (m.amount < 0) throw std::invalid_argument("a negative amount");
    total_ += m.amount;
  }
  void on(const add_after& m) {
    if (self_.use<attempts>().made++ < m.failures) throw std::runtime_error("not yet");
    total_ += m.amount;
  }
  sum on(const sum_request&) { return {total_, self_.incarnation()}; }

private:
  context& self_;
  std::int64_t total_ = 0;
};

class listener {
public:
  using interface = listener_actor;
  explicit listener(context&) {}
  void on(const added& m) { heard_ += m.amount; }
  sum on(const sum_request&) { return {heard_, 0}; }

private:
  std::int64_t heard_ = 0;
};

} // namespace vesta::test
