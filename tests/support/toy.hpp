#pragma once

#include <functional>

#include "support/recorder.hpp"
#include "support/test_node.hpp"
#include "vesta/platform/clock.hpp"
#include "vesta/platform/files_simulated.hpp"
#include "vesta/platform/http_simulated.hpp"
#include "vesta/platform/library_simulated.hpp"
#include "vesta/platform/process_simulated.hpp"
#include "vesta/runtime/session.hpp"
#include "vesta/runtime/world.hpp"

namespace vesta::test {

/// Writes down what the host is told.
class host_log final : public session_listener {
public:
  void opened() override { heard_.add("opened", {}); }
  void refused(error_code code, const std::string& text) override {
    heard_.add(name_of(code) + ": " + text, {});
  }
  void frames_ended() override { heard_.add("frames_ended", {}); }
  void alerts_closed() override { heard_.add("alerts_closed", {}); }
  std::vector<std::string> next(std::size_t count = 1) { return heard_.next(count); }
  std::vector<std::string> unread() { return heard_.unread(); }

private:
  heard heard_;
};

/// A session of a game with two modules, "alpha" and "beta", on simulated ports. Its clock stands still until
/// it is moved.
struct toy_session {
  platform::virtual_clock time;
  platform::simulated_files files{time};
  platform::simulated_processes processes{time};
  platform::simulated_libraries libraries;
  platform::simulated_http web{time};
  host_log host;
  peers others;
  world_slot slot;
  boundary_queue queue;
  host_commands commands;
  running_builds running;
  running_post post;
  session about;

  toy_session();
  ~toy_session();
  services lent();
};

/// One real actor whose peers are recorders.
template <class Interface>
class among_recorders {
public:
  /// `prepare` sees the session before the actors do.
  among_recorders(actor_spec real, std::vector<actor_spec> recorders,
                  const std::function<void(toy_session&)>& prepare = {})
      : name_(real.name), node_(start(std::move(real), std::move(recorders), prepare)) {}

  template <class Message>
  void tell(Message message) {
    node_->send(node_->find<Interface>(name_), std::move(message));
  }
  heard& peer(const std::string& name) { return toy_.others.of(name); }
  toy_session& toy() { return toy_; }
  test_node& actors() { return *node_; }

private:
  std::unique_ptr<test_node> start(actor_spec real, std::vector<actor_spec> all,
                                   const std::function<void(toy_session&)>& prepare) {
    if (prepare) prepare(toy_);
    all.push_back(std::move(real));
    return std::make_unique<test_node>(std::move(all), restart_intensity{}, toy_.lent());
  }

  toy_session toy_;
  const std::string name_;
  std::unique_ptr<test_node> node_;
};

} // namespace vesta::test
