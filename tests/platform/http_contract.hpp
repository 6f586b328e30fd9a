#pragma once

#include <catch2/catch.hpp>

#include <condition_variable>
#include <mutex>
#include <vector>

#include "vesta/platform/http.hpp"

namespace vesta::platform {

/// Takes answers, on whatever thread they come.
class answers {
public:
  http_client::callback taker() {
    return [this](http_answer answer) {
      const std::lock_guard lock{mutex_};
      all_.push_back(std::move(answer));
      changed_.notify_all();
    };
  }
  /// The answer of this number, counted from 0. Fails the test when it does not come.
  http_answer at(std::size_t number) {
    std::unique_lock lock{mutex_};
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds(30), [&] { return all_.size() > number; }));
    return all_[number];
  }
  std::size_t count() {
    const std::lock_guard lock{mutex_};
    return all_.size();
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<http_answer> all_;
};

/// What the system's client and its simulated twin have to do alike. At `url` the paths /200 and /500 answer
/// with these, and /never with nothing; `pass` lets requests come to their end.
inline void check_http_contract(
    http_client& client, const std::string& url, const std::function<void()>& pass = [] {}) {
  answers got;
  const auto post = [&](const std::string& path, nanoseconds limit_ns = 30'000'000'000) {
    return client.post({.url = url + path, .body = "{}", .limit_ns = limit_ns}, got.taker());
  };
  const auto good = post("/200");
  pass();
  CHECK(got.at(0).status == 200);
  const auto bad = post("/500");
  pass();
  CHECK(got.at(1).status == 500);

  const auto hangs = post("/never", 20'000'000);
  pass();
  CHECK(got.at(2).status == 0);
  CHECK_FALSE(got.at(2).problem.empty());

  auto taken_back = post("/never");
  const auto later = post("/200");
  taken_back.reset(); // while the other one is under way
  pass();
  CHECK(got.at(3).status == 200);
  CHECK(got.count() == 4);
}

} // namespace vesta::platform
