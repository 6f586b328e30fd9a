#include "vesta/runtime/journal_database.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sqlite3.h>

namespace vesta {
namespace {

/// "VJRN", where SQLite keeps whose file it is.
constexpr std::int64_t journal_id = 0x564a524e;
constexpr std::int64_t journal_layout_version = 1;

/// The one row of `chain` says between which two hashes the records lie.
constexpr const char* journal_layout = R"(
CREATE TABLE records(
  number INTEGER PRIMARY KEY, wall_ns INTEGER NOT NULL, steady_ns INTEGER NOT NULL,
  incarnation INTEGER NOT NULL, code INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT NOT NULL,
  recovery TEXT NOT NULL, text TEXT NOT NULL, hash BLOB NOT NULL) STRICT;
CREATE TABLE chain(
  before_first INTEGER NOT NULL, hash_before_first BLOB NOT NULL,
  last INTEGER NOT NULL, hash_of_last BLOB NOT NULL, is_open INTEGER NOT NULL) STRICT;
INSERT INTO chain VALUES (0, zeroblob(32), 0, zeroblob(32), 0);
)";

} // namespace

void journal_statement::closer::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

journal_statement& journal_statement::with(std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), ++bound_, value);
  return *this;
}

journal_statement& journal_statement::with(std::string_view text) {
  // A null pointer would be bound as NULL.
  sqlite3_bind_text(statement_.get(), ++bound_, text.empty() ? "" : text.data(),
                    static_cast<int>(text.size()), SQLITE_STATIC);
  return *this;
}

journal_statement& journal_statement::with(const journal_hash& hash) {
  sqlite3_bind_blob(statement_.get(), ++bound_, hash.data(), static_cast<int>(hash.size()), SQLITE_TRANSIENT);
  return *this;
}

absl::StatusOr<bool> journal_statement::next() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) return true;
  const auto status = result == SQLITE_DONE ? absl::OkStatus() : owner_->failure();
  reset();
  if (!status.ok()) return status;
  return false;
}

absl::Status journal_statement::run() {
  const auto row = next();
  if (row.ok() && *row) reset();
  return row.status();
}

void journal_statement::reset() {
  sqlite3_reset(statement_.get());
  bound_ = 0;
}

std::int64_t journal_statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

std::string_view journal_statement::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (!bytes) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

journal_hash journal_statement::hash(int column) const {
  journal_hash found{};
  const auto* bytes = sqlite3_column_blob(statement_.get(), column);
  if (bytes && static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)) == found.size())
    std::memcpy(found.data(), bytes, found.size());
  return found;
}

void journal_database::closer::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

journal_database::journal_database(std::string path, sqlite3* database)
    : path_(std::move(path)), database_(database) {}

absl::StatusOr<std::unique_ptr<journal_database>> journal_database::open(const std::string& path,
                                                                         access how) {
  sqlite3* raw = nullptr;
  const int mode = how == access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int result = sqlite3_open_v2(path.c_str(), &raw, mode | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<journal_database> made{new journal_database(path, raw)};
  if (result != SQLITE_OK) return made->failure();

  const auto pages = made->number("PRAGMA page_count");
  if (!pages.ok()) return pages.status();
  const bool is_new = *pages == 0 && how == access::write;
  if (auto status = is_new ? made->make_layout() : made->check_layout(); !status.ok()) return status;
  return made;
}

absl::Status journal_database::check_layout() {
  const auto id = number("PRAGMA application_id"), version = number("PRAGMA user_version");
  if (!id.ok()) return id.status();
  if (!version.ok()) return version.status();
  if (*id != journal_id)
    return absl::InvalidArgumentError(
        fmt::format("{} is no journal of Vesta; name a file that `--journal` has written", path_));
  if (*version != journal_layout_version)
    return absl::FailedPreconditionError(fmt::format(
        "the journal {} has layout {}, this Vesta knows {}; use the Vesta that wrote it, or name a new file",
        path_, *version, journal_layout_version));
  return absl::OkStatus();
}

absl::Status journal_database::make_layout() {
  // This one cannot run in a transaction; the rest is made as a whole or not at all.
  if (auto status = run("PRAGMA journal_mode = WAL"); !status.ok()) return status;
  const auto sql =
      fmt::format("BEGIN IMMEDIATE; PRAGMA application_id = {}; PRAGMA user_version = {}; {} COMMIT",
                  journal_id, journal_layout_version, journal_layout);
  auto status = run(sql.c_str());
  if (!status.ok()) run("ROLLBACK").IgnoreError();
  return status;
}

absl::Status journal_database::run(const char* sql) {
  return sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK ? absl::OkStatus()
                                                                                    : failure();
}

absl::StatusOr<journal_statement> journal_database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) !=
      SQLITE_OK)
    return failure();
  journal_statement made;
  made.owner_ = this;
  made.statement_.reset(raw);
  return made;
}

absl::StatusOr<std::int64_t> journal_database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement.ok()) return statement.status();
  const auto row = statement->next();
  if (!row.ok()) return row.status();
  return *row ? statement->number(0) : 0;
}

absl::Status journal_database::failure() const {
  const int code = sqlite3_errcode(database_.get());
  const int system = sqlite3_system_errno(database_.get());
  const std::string why =
      code == SQLITE_CANTOPEN && system != 0 ? std::strerror(system) : sqlite3_errmsg(database_.get());
  // Whoever only reads wants the records, and no new journal.
  const auto* remedy = sqlite3_db_readonly(database_.get(), "main") == 1
                           ? "look for a copy of it"
                           : "move it away, and a new one begins";
  if (system == EISDIR)
    return absl::InvalidArgumentError(
        fmt::format("{} is a folder; name a file that `--journal` has written, or a new one", path_));
  switch (code) {
  case SQLITE_CANTOPEN:
    return absl::NotFoundError(
        fmt::format("cannot open the journal {}: {}; check the path and its rights", path_, why));
  case SQLITE_PERM:
  case SQLITE_READONLY:
    return absl::PermissionDeniedError(
        fmt::format("cannot write the journal {}: {}; check its rights, or name another file", path_, why));
  case SQLITE_NOTADB:
    return absl::InvalidArgumentError(
        fmt::format("{} is no journal: {}; name a file that `--journal` has written", path_, why));
  case SQLITE_CORRUPT:
    return absl::DataLossError(fmt::format("the journal {} was cut or damaged: {}; {}", path_, why, remedy));
  case SQLITE_BUSY:
    return absl::UnavailableError(
        fmt::format("the journal {} is written by another process; name another file", path_));
  case SQLITE_FULL:
    return absl::ResourceExhaustedError(
        fmt::format("the journal {} cannot grow: {}; free space on its disk", path_, why));
  default:
    return absl::InternalError(fmt::format("the journal {}: {}; {}", path_, why, remedy));
  }
}

} // namespace vesta
