#pragma once

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "vesta/runtime/journal_database.hpp"

namespace vesta {

/// The end of the journal at which records are added: numbers them, chains them, and bounds the file. Used by
/// one thread at a time. A write transaction is always open, and with it no other process can write; it ends
/// with each batch, and by the kernel's hand when the process dies.
class journal_store {
public:
  /// `limit_bytes` bounds what records take in the file; 64 KiB at least. `now` stamps a record about an
  /// unclean end, where there was one. Errors: journal_database's.
  static absl::StatusOr<std::unique_ptr<journal_store>> open(const std::string& path,
                                                             std::uint64_t limit_bytes,
                                                             std::int64_t wall_now_ns,
                                                             std::int64_t steady_now_ns);

  /// Adds these records, whose numbers it gives, all or none. From its return on they outlive the process;
  /// a power cut may take the last ones. When they would not fit, the oldest quarter goes.
  absl::Status write(std::span<const journal_row> batch);
  /// Marks the journal as closed in good order.
  absl::Status close();

private:
  journal_store(std::unique_ptr<journal_database> file, std::uint64_t limit_bytes);
  absl::Status prepare();
  /// Takes the file for this process and reads where the chain ends.
  absl::Status begin();
  absl::Status add(const journal_row& row);
  absl::Status remove_oldest();
  absl::StatusOr<std::uint64_t> used_bytes();
  absl::Status put_end();
  absl::Status commit();
  absl::Status attempt(std::span<const journal_row> batch);

  const std::unique_ptr<journal_database> file_; // before the statements, which go first
  const std::uint64_t limit_bytes_;
  journal_statement insert_, read_end_, write_end_, hash_of_, remove_, set_start_, pages_, free_pages_;
  bool begun_ = false;
  bool is_open_ = false; ///< as the file says
  std::int64_t page_bytes_ = 0;
  std::int64_t before_first_ = 0, last_ = 0;
  journal_hash last_hash_{};
};

} // namespace vesta
