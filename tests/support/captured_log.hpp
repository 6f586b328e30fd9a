#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace vesta::test {

/// What is logged while it lives, instead of anywhere else.
class captured_log {
public:
  captured_log() : before_(spdlog::default_logger()) {
    const auto logger = std::make_shared<spdlog::logger>("test", sink_);
    spdlog::set_default_logger(logger);
  }
  ~captured_log() { spdlog::set_default_logger(before_); }
  captured_log(const captured_log&) = delete;
  captured_log& operator=(const captured_log&) = delete;

  /// All of it, once `word` is in it or ten seconds are over.
  std::string wait_for(const std::string& word) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (text().find(word) == std::string::npos && std::chrono::steady_clock::now() < limit)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return text();
  }

  std::string text() const { return sink_->text(); }

private:
  /// Keeps the text under the sink's own lock.
  class keeper final : public spdlog::sinks::base_sink<std::mutex> {
  public:
    std::string text() {
      const std::lock_guard lock{mutex_};
      return text_;
    }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
      text_.append(message.payload.data(), message.payload.size()).append("\n");
    }
    void flush_() override {}

  private:
    std::string text_;
  };
  const std::shared_ptr<keeper> sink_ = std::make_shared<keeper>();
  const std::shared_ptr<spdlog::logger> before_;
};

} // namespace vesta::test
