#pragma once

#include <spdlog/fwd.h>
#include <spdlog/sinks/sink.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace vesta {

template <class T>
class mpsc_ring;
struct log_line;
class log_output;

struct log_ring_options {
  /// Lines that may wait for the writer, 320 bytes each, a million at most; those that find no room are lost,
  /// and counted.
  std::size_t waiting_max = 4096;
  std::vector<int> cores; ///< of the writer; empty: any
};

/// A sink that writes on a thread of its own. Who logs takes no lock and waits for nobody: the line, with its
/// time and thread, is copied into a slot, and is written some millisecond later, in order. It allocates for
/// a line of more than 200 bytes alone, the logger's name included. The writer sleeps until there is a line.
///
/// Where the writer cannot keep up, lines are lost; a line of level `err` tells how many, in their place.
class ring_sink final : public spdlog::sinks::sink {
public:
  /// Writes to the sinks of `behind`, as it would, with its handler of errors.
  explicit ring_sink(const spdlog::logger& behind, const log_ring_options& options = {});
  /// Writes what waits. Nobody may log any more.
  ~ring_sink() override;

  /// From any thread. A line of level `critical` is flushed before this returns.
  void log(const spdlog::details::log_msg& line) override;
  /// Blocks until what this thread has logged is written and the sinks behind are flushed. From any thread.
  void flush() override;

  /// Of the sinks behind, for lines that wait, too.
  void set_pattern(const std::string& pattern) override;
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override;

  /// Lines that found no room so far. From any thread.
  std::uint64_t lost() const;

private:
  void wake();
  void work(const std::stop_token& stop);
  bool write_waiting();
  void tell_lost(std::uint64_t lost);

  const std::vector<int> cores_;
  const std::unique_ptr<mpsc_ring<log_line>> ring_;
  std::atomic<bool> asleep_ = false; ///< who logs has to wake the writer
  std::atomic<std::uint64_t> flushes_asked_ = 0, flushes_done_ = 0;

  // The writer's.
  const std::unique_ptr<log_output> output_;
  std::uint64_t written_ = 0, lost_told_ = 0;
  std::jthread writer_; ///< the last member: it ends first
};

/// While it lives, spdlog's default logger writes to its sinks by way of a `ring_sink`; then to them directly
/// again, once all is written. Made and destroyed while no other thread logs.
class background_log {
public:
  explicit background_log(const log_ring_options& options = {});
  ~background_log();
  background_log(const background_log&) = delete;
  background_log& operator=(const background_log&) = delete;

  /// Lines that found no room so far. From any thread.
  std::uint64_t lost() const { return ring_->lost(); }

private:
  const std::shared_ptr<spdlog::logger> logger_;
  const std::shared_ptr<ring_sink> ring_;
  std::vector<std::shared_ptr<spdlog::sinks::sink>> others_; ///< the sinks that the logger does not have now
};

} // namespace vesta
