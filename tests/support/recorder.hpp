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
  void add(std::string line, std::any what) {
    const std::lock_guard lock{mutex_};
    lines_.push_back(std::move(line));
    messages_.push_back(std::move(what));
    changed_.notify_all();
  }

  /// The next `count` lines that no test has read yet. Fails the test when they do not come within ten
  /// seconds.
  std::vector<std::string> next(std::size_t count = 1) {
    std::unique_lock lock{mutex_};
    const bool came =
        changed_.wait_for(lock, std::chrono::seconds(10), [&] { return lines_.size() >= read_ + count; });
    CAPTURE(lines_, read_, count);
    REQUIRE(came);
    const auto from = lines_.begin() + static_cast<std::ptrdiff_t>(std::exchange(read_, read_ + count));
    return {from, from + static_cast<std::ptrdiff_t>(count)};
  }

  /// The message behind the line that was read last.
  template <class Message>
  Message last() {
    const std::lock_guard lock{mutex_};
    REQUIRE(read_ > 0);
    return std::any_cast<Message>(messages_.at(read_ - 1));
  }

  /// What has come and was not read.
  std::vector<std::string> unread() {
    const std::lock_guard lock{mutex_};
    return {lines_.begin() + static_cast<std::ptrdiff_t>(read_), lines_.end()};
  }

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
  heard& of(const std::string& name) {
    const std::lock_guard lock{mutex_};
    return all_[name];
  }

private:
  std::mutex mutex_;
  std::map<std::string, heard> all_;
};

/// Takes the place of an actor, understands all that it does, and writes it down. It answers no request.
template <class Interface>
class recorder {
public:
  using interface = Interface;
  explicit recorder(context& self) : heard_(self.use<peers>().of(self.actor_name())) {}
  template <class Message>
  void on(const Message& what) {
    heard_.add(what);
  }

private:
  heard& heard_;
};

template <class Interface>
actor_spec recorder_of(std::string name) {
  return spec_of<recorder<Interface>>({.name = std::move(name)});
}

} // namespace vesta::test
