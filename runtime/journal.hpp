#pragma once

#include <absl/status/statusor.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "vesta/platform/clock.hpp"
#include "vesta/runtime/journal_record.hpp"
#include "vesta/runtime/mpsc_ring.hpp"

namespace vesta {

class journal_store;
struct journal_slot;

struct journal_options {
  /// Of the records in the file, 64 KiB at least. Where the next ones would not fit, the oldest quarter goes.
  std::uint64_t limit_bytes = 64 << 20;
  /// Records that may wait for the writer, 400 bytes each; those that find no room are lost, and counted.
  std::size_t waiting_max = 8192;
  const platform::clock* time = &platform::steady_clock(); ///< stamps records
  std::vector<int> cores;                                  ///< of the writer; empty: any
};

/// The audit trail: what failed, what cured it, what was changed, in the order in which it was written down.
/// Append-only and chained by hashes, in an SQLite file that outlives the process, `kill -9` included, up to
/// the last batch. `append` is for any thread; the rest for the owner's.
class journal {
public:
  /// Makes the file or goes on with it. The error is one sentence, as journal_database's.
  static absl::StatusOr<std::unique_ptr<journal>> open(const std::string& path,
                                                       const journal_options& options = {});
  /// Writes what waits, and closes in good order.
  ~journal();
  journal(const journal&) = delete;
  journal& operator=(const journal&) = delete;

  /// Takes no lock, waits for nobody and allocates nothing: the record is stamped and copied into a slot, and
  /// is in the file some 5 ms later. False where no slot is free; the journal itself then tells, in a record,
  /// how many were lost. While the disk is full, records wait, and then are lost, in the same way.
  bool append(const journal_note& note) noexcept;

  /// Blocks until what this thread has appended is in the file; the error says why it is not.
  absl::Status flush();

  /// Records that found no slot so far. From any thread.
  std::uint64_t lost() const;

private:
  journal(std::unique_ptr<journal_store> store, const journal_options& options);
  void work(const std::stop_token& stop);
  absl::Status drain();
  void take_batch();

  const platform::clock& time_;
  const std::vector<int> cores_;
  const std::unique_ptr<mpsc_ring<journal_slot>> ring_;

  // The writer's.
  const std::unique_ptr<journal_store> store_;
  std::vector<journal_slot> batch_; ///< is kept until it could be written
  std::uint64_t lost_told_ = 0;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::uint64_t flushes_asked_ = 0, flushes_done_ = 0; ///< guarded by the mutex
  absl::Status last_status_;                           ///< of the writer; guarded by the mutex
  std::jthread writer_;                                ///< the last member: it ends first
};

} // namespace vesta
