#pragma once

// The journal's file: an SQLite database of one layout. SQLite stays behind this header.

#include <absl/status/statusor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "vesta/runtime/journal_record.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace vesta {

class journal_database;

/// A prepared statement. Used by one thread, and gone before its database.
class journal_statement {
public:
  journal_statement() = default;

  /// Gives the next parameter its value; a text has to live until the statement has run.
  journal_statement& with(std::int64_t value);
  journal_statement& with(std::string_view text);
  journal_statement& with(const journal_hash& hash);

  /// The next row: true when there is one. After the last one, or an error, the statement is as new.
  absl::StatusOr<bool> next();
  /// Runs it to its end.
  absl::Status run();

  // Columns of the row at hand, counted from 0; texts last until the next call of `next`.
  std::int64_t number(int column) const;
  std::string_view text(int column) const;
  /// Zeros where the column is of another length.
  journal_hash hash(int column) const;

private:
  friend class journal_database;
  struct closer {
    void operator()(sqlite3_stmt* statement) const;
  };
  void reset();

  const journal_database* owner_ = nullptr;
  std::unique_ptr<sqlite3_stmt, closer> statement_;
  int bound_ = 0;
};

/// A connection to the file. An error is one sentence that names the file and what to do:
/// kNotFound or kPermissionDenied for one that cannot be opened, kInvalidArgument for one that is no journal,
/// kDataLoss for one that is damaged, kUnavailable while another process holds it, kFailedPrecondition for
/// one of a newer Vesta, kResourceExhausted for a full disk, else kInternal. Used by one thread at a time.
class journal_database {
public:
  enum class access : std::uint8_t {
    read, ///< changes nothing, also while the journal is written
    write ///< makes the file where there is none
  };
  static absl::StatusOr<std::unique_ptr<journal_database>> open(const std::string& path, access how);

  absl::Status run(const char* sql);
  absl::StatusOr<journal_statement> prepare(std::string_view sql);
  /// The only value of the only row.
  absl::StatusOr<std::int64_t> number(std::string_view sql);

  /// SQLite's last error, as a sentence.
  absl::Status failure() const;
  const std::string& path() const { return path_; }

private:
  struct closer {
    void operator()(sqlite3* database) const;
  };
  journal_database(std::string path, sqlite3* database);
  absl::Status check_layout();
  absl::Status make_layout();

  const std::string path_;
  std::unique_ptr<sqlite3, closer> database_;
};

} // namespace vesta
