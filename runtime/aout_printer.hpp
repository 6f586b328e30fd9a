#pragma once

#include <caf/event_based_actor.hpp>

#include <map>
#include <string>

namespace vesta::detail {

/// Takes CAF's own printer's place, which is a thread: what `aout` sends goes line by line to standard
/// output.
class aout_printer final : public caf::event_based_actor {
public:
  explicit aout_printer(caf::actor_config& config) : caf::event_based_actor(config) {}
  caf::behavior make_behavior() override;

private:
  void flush(std::string& line);

  std::map<caf::actor_id, std::string> lines_; ///< begun and not yet ended, by their writer
};

} // namespace vesta::detail
