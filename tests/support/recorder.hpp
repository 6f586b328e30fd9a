#pragma once

#include <catch2/catch.hpp>

#include <any>
#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/line_of.hpp"
#include "vesta/runtime/actor.hpp"

namespace vesta::test {

/// What one peer of an actor under test was sent. Written on the peer's thread, read on the test's.
class heard {
public:
  template <class Message>
  void add(const Message& what) {
    add(line_of(what), what);
  }
  void add(std::string line, std::any what);

  /// The next `count` lines that no test has read yet. Fails the test when they do not come within ten
  /// seconds.
  std::vector<std::string> next(std::size_t count = 1);

  /// The message behind the line that was read last.
  template <class Message>
  Message last() {
    const std::lock_guard lock{mutex_};
    REQUIRE(read_ > 0);
    return std::any_cast<Message>(messages_.at(read_ - 1));
  }

  /// What has come and was not read.
  std::vector<std::string> unread();

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
  std::vector<std::any> messages_;
  std::size_t read_ = 0;
};

/// What all recorders of a node heard, by their names. Lent to it by the test.
class peers {
public:
  heard& of(const std::string& name);

private:
  std::mutex mutex_;
  std::map<std::string, heard> all_;
};

/// An actor that takes the place of one with this interface, understands all that it does, and writes it
/// down. It answers no request.
template <class Interface>
actor_spec recorder_of(std::string name);

} // namespace vesta::test
