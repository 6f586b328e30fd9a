#pragma once

#include <absl/status/status.h>

#include <functional>
#include <memory>
#include <string>

#include "vesta/platform/clock.hpp"

namespace vesta::platform {

struct http_post {
  std::string url;                              ///< passes check_url
  std::string body;                             ///< JSON
  nanoseconds connect_limit_ns = 5'000'000'000; ///< to find the host and connect; above 0
  nanoseconds limit_ns = 10'000'000'000;        ///< of the whole request; above 0
};

struct http_answer {
  int status = 0;      ///< of HTTP; 0: no answer came
  std::string problem; ///< why none came; does not show the URL beyond its host
};

/// Sends over HTTP. Redirects are not followed, and what a server sends besides its status is dropped.
class http_client {
public:
  /// Runs once, on the client's own thread; must not block nor come back to the client: it sends a message.
  using callback = std::function<void(http_answer)>;
  /// A request under way. Its end takes the request back: once it is gone, the callback does not run any
  /// more. Not to be ended in the callback.
  class request {
  public:
    virtual ~request() = default;
  };

  virtual ~http_client() = default;
  /// Returns at once, whatever the network does.
  virtual std::unique_ptr<request> post(http_post what, callback on_end) = 0;
};

/// libcurl, which is loaded when it is first needed; one thread serves all requests, from the first one on.
http_client& real_http();

/// What is wrong with a URL to post to, or that nothing can be posted, in a sentence that does not show it:
/// it may hold a secret.
absl::Status check_url(const std::string& url);
/// A URL that passes check_url, for people: "https://host:8080/...", without what may be secret.
std::string shown_url(const std::string& url);

} // namespace vesta::platform
