// The system's client against a server of this process, on whatever port is free.

#include "vesta/platform/http.hpp"

#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

#include "platform/http_contract.hpp"
#include "vesta/platform/descriptor.hpp"

using Catch::Matchers::Contains;
using namespace vesta::platform;

namespace {

/// Takes one request after the other and does what its path says: /NUMBER answers with that status, /flood
/// sends a body without end, /torn closes before it answers. What asks for /never stays open, unanswered.
class small_server {
public:
  small_server() {
    ::setenv("no_proxy", "127.0.0.1", 1);
    sockaddr_in here{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof here;
    REQUIRE(::bind(door_.get(), reinterpret_cast<sockaddr*>(&here), size) == 0);
    REQUIRE(::listen(door_.get(), 16) == 0);
    REQUIRE(::getsockname(door_.get(), reinterpret_cast<sockaddr*>(&here), &size) == 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(here.sin_port));
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  const std::string& url() const { return url_; }
  std::vector<std::string> requests() {
    const std::lock_guard lock{mutex_};
    return requests_;
  }

private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd comes{door_.get(), POLLIN, 0};
      if (::poll(&comes, 1, 10) != 1) continue;
      descriptor guest(::accept(door_.get(), nullptr, nullptr));
      const auto request = read(guest);
      {
        const std::lock_guard lock{mutex_};
        requests_.push_back(request);
      }
      const auto path = request.substr(0, request.find(" HTTP")).substr(request.find('/') + 1);
      if (path == "never")
        unanswered_.push_back(std::move(guest));
      else if (path == "flood")
        flood(guest);
      else if (path != "torn")
        send(guest, "HTTP/1.1 " + path +
                        " So\r\nContent-Length: 2\r\nConnection: close\r\n"
                        "Location: http://127.0.0.1:1/\r\n\r\nok");
    }
  }

  /// Up to the end of a body, which is a JSON object.
  static std::string read(const descriptor& guest) {
    std::string all;
    char piece[4096];
    while (!all.ends_with("}")) {
      const auto n = ::recv(guest.get(), piece, sizeof piece, 0);
      if (n <= 0) break;
      all.append(piece, static_cast<std::size_t>(n));
    }
    return all;
  }
  static bool send(const descriptor& guest, const std::string& text) {
    return ::send(guest.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  /// Ends when the guest has hung up.
  static void flood(const descriptor& guest) {
    send(guest, "HTTP/1.1 200 So\r\n\r\n");
    while (send(guest, std::string(4096, 'x'))) {
    }
  }

  const descriptor door_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::string url_;
  std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<descriptor> unanswered_; ///< the thread's own
  std::jthread thread_;                ///< the last member: it ends first
};

} // namespace

TEST_CASE("the system's network keeps the contract", "[concurrent]") {
  small_server server;
  check_http_contract(real_http(), server.url());
}

TEST_CASE("a post brings its body as JSON, once", "[concurrent]") {
  small_server server;
  answers got;
  const auto request = real_http().post({.url = server.url() + "/200", .body = R"({"a": 1})"}, got.taker());
  CHECK(got.at(0).status == 200);
  const auto seen = server.requests();
  REQUIRE(seen.size() == 1);
  CHECK_THAT(seen[0], Catch::StartsWith("POST /200 HTTP/1.1\r\n") &&
                          Contains("Content-Type: application/json") &&
                          Catch::EndsWith("\r\n\r\n{\"a\": 1}"));
}

TEST_CASE("a redirect is an answer, and nobody follows it", "[concurrent]") {
  small_server server;
  answers got;
  const auto request = real_http().post({.url = server.url() + "/307", .body = "{}"}, got.taker());
  CHECK(got.at(0).status == 307);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a body without end is hung up on, and its status counts", "[concurrent]") {
  small_server server;
  answers got;
  const auto request = real_http().post({.url = server.url() + "/flood", .body = "{}"}, got.taker());
  CHECK(got.at(0).status == 200);
}

TEST_CASE("a server that closes, and one that is not there, are no answer", "[concurrent]") {
  answers got;
  std::string gone;
  {
    small_server server;
    gone = server.url();
    const auto request = real_http().post({.url = gone + "/torn", .body = "{}"}, got.taker());
    CHECK(got.at(0).status == 0);
    CHECK_FALSE(got.at(0).problem.empty());
  }
  const auto request = real_http().post({.url = gone + "/secret", .body = "{}"}, got.taker());
  CHECK(got.at(1).status == 0);
  CHECK_FALSE(got.at(1).problem.empty());
  CHECK_THAT(got.at(1).problem, !Contains("secret"));
}

TEST_CASE("a URL to post to has a host and begins with http or https") {
  for (const auto* good : {"http://localhost", "https://hooks.example/T0/B1?key=3", "http://[::1]:8080/x",
                           "https://user:word@host/"})
    CHECK(check_url(good).ok());
  for (const auto* bad : {"", "hooks.example/secret", "ftp://host/secret", "file:///secret", "http://",
                          "http://host:secret/", "http://ho st/secret", "javascript:secret"}) {
    CAPTURE(bad);
    const auto status = check_url(bad);
    CHECK(absl::IsInvalidArgument(status));
    CHECK_THAT(std::string(status.message()), Contains("https://HOST/PATH") && !Contains("secret"));
  }
}

TEST_CASE("a URL is shown without what may be secret") {
  CHECK(shown_url("https://hooks.example/T0/B1?key=3") == "https://hooks.example/...");
  CHECK(shown_url("http://user:word@host:8080/?key=3") == "http://host:8080/...");
  CHECK(shown_url("http://localhost") == "http://localhost/");
}
