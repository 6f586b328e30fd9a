#pragma once

#include <map>
#include <mutex>

#include "vesta/platform/http.hpp"

namespace vesta::platform {

/// What a simulated server does with one request.
struct simulated_answer {
  http_answer answer;
  nanoseconds takes_ns = 0; ///< cut short by the request's limit
};

/// A network with one server, which answers as it is told. Nothing happens by itself: `deliver()` is the
/// passing of time. Thread-safe.
class simulated_http final : public http_client {
public:
  using server = std::function<simulated_answer(const http_post&)>;

  /// `time` says when a request is over, and outlives this.
  explicit simulated_http(const clock& time) : time_(time) {}

  /// Who answers from now on; before, every request gets status 200 at once.
  void serve(server answers);
  /// Ends all requests that are over by now, the first begun first, and returns how many. The callbacks run
  /// here, on the calling thread.
  std::size_t deliver();

  std::unique_ptr<request> post(http_post what, callback on_end) override;

private:
  class simulated_request;
  struct under_way {
    simulated_answer what;
    callback on_end;
    nanoseconds ends_ns;
  };

  const clock& time_;
  std::mutex mutex_; ///< guards all below, and is held while a callback runs
  server server_ = [](const http_post&) { return simulated_answer{.answer = {200, {}}}; };
  std::map<std::uint64_t, under_way> running_; ///< in the order of their posts
  std::uint64_t last_request_ = 0;
};

} // namespace vesta::platform
