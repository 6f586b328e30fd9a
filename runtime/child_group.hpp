#pragma once

#include <absl/container/btree_map.h>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "vesta/runtime/actor.hpp"
#include "vesta/runtime/recovery_chain.hpp"

namespace vesta {

/// Why a child has ended, as OTP tells them apart.
enum class end_reason : std::uint8_t {
  normal,   ///< of its own accord, in good order
  shutdown, ///< because a supervisor said so, or, of a supervisor, because it gave up or shut itself down
  failed,
};

/// What a supervisor has to do next, in this order.
struct group_order {
  enum class kind : std::uint8_t {
    start,   ///< the child; report `started`, or `ended` with `failed`
    end,     ///< the child; it may be started again; report `ended`
    suspend, ///< likewise, and it stays away for now
    end_all, ///< all children, in any order; report `all_ended`
    drop,    ///< the child that has ended is not coming back by itself
    give_up, ///< over this child the restarts are used up; answer with `close`, or with `left_out`
    opened,  ///< all children have been started: the supervisor itself has
    closed,  ///< all children have ended: the supervisor itself has ended
  };
  kind what;
  std::size_t child = 0;
};

/// What a supervisor does about its children's ends, after Erlang/OTP's `supervisor` (stdlib, supervisor.erl
/// and "Supervision Principles"): a pure state machine without clock, thread or address, for one supervisor.
///
/// Children end one after the other in the reverse order of their start, each awaited; under
/// simple_one_for_one all at once. They start in order; under one_for_all and rest_for_one each is awaited,
/// else not, since none counts on another. What happens while others end or start is dealt with afterwards. A
/// group restart counts once, a start that fails counts each time.
class child_group {
public:
  child_group(group_rule rule, auto_shutdown shutdown, restart_intensity intensity)
      : rule_(rule), shutdown_(shutdown), intensity_(intensity) {}

  enum class state : std::uint8_t { away, starting, running, ending, removed };

  /// A new last child, to be started by `open` or `resume`. Its number is larger than all before.
  std::size_t add(restart_kind restart, bool significant = false);
  /// Forgets one that is away or removed. False for any other.
  bool remove(std::size_t child);

  /// Starts all children; after `closed` again, with no restart counted.
  void open();
  /// Ends all children, then says `closed`.
  void close();
  void started(std::size_t child);
  /// By itself, or because of an order.
  void ended(std::size_t child, end_reason why, std::int64_t now_ns);
  /// All that `end_all` was said to.
  void all_ended();
  /// The child over which the group gave up stays away, and the others go on.
  void left_out(std::size_t child);
  /// By hand: ends a child, which then stays away until `resume` or the group's next restart.
  void suspend(std::size_t child);
  void resume(std::size_t child);

  /// What is to be done, oldest first; each order once.
  std::vector<group_order> take_orders() { return std::exchange(orders_, {}); }
  /// Calls `visit(child, state)` for each, in the order of their start.
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [number, it] : children_) visit(number, it.is);
  }
  /// `removed` for one that is not known.
  state state_of(std::size_t child) const;
  /// All children have been started, and none is ended for another's sake.
  bool is_serving() const { return phase_ == phase::serving; }

private:
  enum class phase : std::uint8_t { closed, serving, ending, starting, closing };
  struct member {
    restart_kind restart;
    bool significant;
    state is = state::away;
  };
  struct event {
    std::size_t child;
    enum class kind : std::uint8_t { ended, suspend, resume } what;
    end_reason why;
    std::int64_t now_ns;
  };
  static bool is_up(const member& it);
  bool is_alone() const; ///< each child: none is awaited for another's sake
  void handle(const event& what);
  void restart(std::size_t child, std::int64_t now_ns);
  void stay_away(std::size_t child);
  void end_from(std::size_t first, phase as);
  void end_before(std::size_t child);
  void end_all();
  void has_ended(std::size_t child, member& it);
  void start_next(std::size_t first);
  void serve();

  const group_rule rule_;
  const auto_shutdown shutdown_;
  const restart_intensity intensity_;
  absl::btree_map<std::size_t, member> children_; ///< by number, so in the order of their start
  std::size_t next_ = 0;
  restart_history restarts_;
  phase phase_ = phase::closed;
  bool opening_ = false;
  std::size_t first_ = 0;   ///< of those that are ended and started together
  std::size_t awaited_ = 0; ///< the child that ends or starts at the moment
  std::deque<event> later_;
  std::vector<group_order> orders_;
};

} // namespace vesta
