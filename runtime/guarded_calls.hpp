#pragma once

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vesta/messages/errors.hpp"
#include "vesta/runtime/call_guard.hpp"
#include "vesta/runtime/request.hpp"

namespace vesta {

/// The calls that one actor makes under the policies of its spec: which are under way, and what comes next.
/// It sends nothing and sets no timer itself. Used by its actor alone.
class guarded_calls {
public:
  /// The policies pass `check`.
  explicit guarded_calls(const std::vector<named_policy>& policies);

  using question = detail::repeatable_question;
  /// What to do next with a call.
  struct step {
    enum class kind : std::uint8_t {
      ask,    ///< the question, and wait for its answer until `at_ns`
      wait,   ///< until `at_ns`, then `attempt`
      finish, ///< the caller hears of `code`; the call is over
    } what;
    platform::nanoseconds at_ns = 0;
    error_code code = error_code::none;
    detail::answer_maker make = nullptr; ///< of the call that is over
  };

  /// Throws std::logic_error for a policy that the spec does not name.
  step begin(std::uint64_t id, std::string_view name, question what, platform::nanoseconds now);
  /// Null for a call that is over.
  const question* find(std::uint64_t id) const;
  /// A call that waited, and is not over.
  step attempt(std::uint64_t id, platform::nanoseconds now);
  /// A call whose question was answered, with `none`, or was not.
  step answered(std::uint64_t id, error_code how, platform::nanoseconds now, platform::random_stream& random);
  /// Nobody waits for their answers any more. What they have taken of their policies ends with their leases.
  void clear() { open_.clear(); }
  std::size_t size() const { return open_.size(); }

private:
  struct policy {
    std::string name;
    call_guard guard;
  };
  struct call {
    policy* under = nullptr;
    question what;
    guarded_call state;
    error_code last = error_code::none; ///< of its last try
  };
  step attempt(std::uint64_t id, call& it, platform::nanoseconds now);
  step finish(std::uint64_t id, error_code code); ///< for good

  std::vector<policy> policies_;
  absl::flat_hash_map<std::uint64_t, call> open_;
};

} // namespace vesta
