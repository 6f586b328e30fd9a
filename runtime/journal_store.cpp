#include "vesta/runtime/journal_store.hpp"

#include <fmt/format.h>
#include <sodium/core.h>

namespace vesta {
namespace {

constexpr std::uint64_t journal_bytes_min = 64 << 10;

/// The write-ahead log is cut back to this size, and every commit reaches it before `write` returns.
constexpr const char* journal_settings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304";

} // namespace

journal_store::journal_store(std::unique_ptr<journal_database> file, std::uint64_t limit_bytes)
    : file_(std::move(file)), limit_bytes_(limit_bytes) {}

absl::StatusOr<std::unique_ptr<journal_store>> journal_store::open(const std::string& path,
                                                                   std::uint64_t limit_bytes,
                                                                   std::int64_t wall_now_ns,
                                                                   std::int64_t steady_now_ns) {
  if (limit_bytes < journal_bytes_min)
    return absl::InvalidArgumentError(fmt::format("a journal of {} bytes is too small; give it {} at least",
                                                  limit_bytes, journal_bytes_min));
  if (sodium_init() < 0) return absl::InternalError("libsodium cannot start on this machine");
  auto file = journal_database::open(path, journal_database::access::write);
  if (!file.ok()) return file.status();
  std::unique_ptr<journal_store> made{new journal_store(*std::move(file), limit_bytes)};
  if (auto status = made->prepare(); !status.ok()) return status;
  if (auto status = made->begin(); !status.ok()) return status;

  const bool was_open = std::exchange(made->is_open_, true);
  const auto text = fmt::format("opened after an unclean end: records after {} may be missing", made->last_);
  const journal_row unclean{.wall_ns = wall_now_ns,
                            .steady_ns = steady_now_ns,
                            .kind = name_of(journal_kind::unclean),
                            .actor = "journal",
                            .text = text};
  if (auto status = made->write({&unclean, was_open ? 1U : 0U}); !status.ok()) return status;
  return made;
}

absl::Status journal_store::prepare() {
  if (auto status = file_->run(journal_settings); !status.ok()) return status;
  const auto page_bytes = file_->number("PRAGMA page_size");
  if (!page_bytes.ok()) return page_bytes.status();
  page_bytes_ = *page_bytes;
  const std::pair<journal_statement*, const char*> all[] = {
      {&insert_, "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"},
      {&read_end_, "SELECT before_first, last, hash_of_last, is_open FROM chain"},
      {&write_end_, "UPDATE chain SET last = ?, hash_of_last = ?, is_open = ?"},
      {&hash_of_, "SELECT hash FROM records WHERE number = ?"},
      {&remove_, "DELETE FROM records WHERE number <= ?"},
      {&set_start_, "UPDATE chain SET before_first = ?, hash_before_first = ?"},
      {&pages_, "PRAGMA page_count"},
      {&free_pages_, "PRAGMA freelist_count"}};
  for (const auto& [statement, sql] : all) {
    auto made = file_->prepare(sql);
    if (!made.ok()) return made.status();
    *statement = *std::move(made);
  }
  return absl::OkStatus();
}

absl::Status journal_store::begin() {
  if (begun_) return absl::OkStatus();
  if (auto status = file_->run("BEGIN IMMEDIATE"); !status.ok()) return status;
  begun_ = true;
  const auto row = read_end_.next();
  if (!row.ok()) return row.status();
  if (!*row)
    return absl::DataLossError(fmt::format("the journal {} has lost the end of its chain; move it away, and "
                                           "a new one begins",
                                           file_->path()));
  before_first_ = read_end_.number(0);
  last_ = read_end_.number(1);
  last_hash_ = read_end_.hash(2);
  if (!is_open_) is_open_ = read_end_.number(3) != 0;
  return read_end_.next().status();
}

absl::Status journal_store::write(std::span<const journal_row> batch) {
  auto status = attempt(batch);
  if (status.ok()) {
    // The file is kept for this process; one that took it meanwhile gives it back in time.
    begin().IgnoreError();
    return status;
  }
  if (std::exchange(begun_, false)) file_->run("ROLLBACK").IgnoreError();
  return status;
}

absl::Status journal_store::attempt(std::span<const journal_row> batch) {
  if (auto status = begin(); !status.ok()) return status;
  for (const auto& row : batch)
    if (auto status = add(row); !status.ok()) return status;
  const auto used = used_bytes();
  if (!used.ok()) return used.status();
  if (*used > limit_bytes_)
    if (auto status = remove_oldest(); !status.ok()) return status;
  if (auto status = put_end(); !status.ok()) return status;
  return commit();
}

absl::Status journal_store::add(const journal_row& row) {
  auto numbered = row;
  numbered.number = last_ + 1;
  const auto hash = chained(last_hash_, numbered);
  insert_.with(numbered.number).with(row.wall_ns).with(row.steady_ns).with(row.incarnation).with(row.code);
  insert_.with(row.kind).with(row.actor).with(row.recovery).with(row.text).with(hash);
  if (auto status = insert_.run(); !status.ok()) return status;
  last_ = numbered.number;
  last_hash_ = hash;
  return absl::OkStatus();
}

absl::StatusOr<std::uint64_t> journal_store::used_bytes() {
  std::int64_t pages = 0;
  for (const auto& [statement, sign] : {std::pair{&pages_, 1}, {&free_pages_, -1}}) {
    const auto row = statement->next();
    if (!row.ok()) return row.status();
    pages += sign * statement->number(0);
    if (const auto end = statement->next(); !end.ok()) return end.status();
  }
  return static_cast<std::uint64_t>(pages * page_bytes_);
}

absl::Status journal_store::remove_oldest() {
  const auto upto = before_first_ + std::max<std::int64_t>(1, (last_ - before_first_) / 4);
  const auto row = hash_of_.with(upto).next();
  if (!row.ok()) return row.status();
  // A record that somebody removed is no anchor; what is left is left as it is, for `verify` to name.
  if (!*row) return absl::OkStatus();
  const auto hash = hash_of_.hash(0);
  if (const auto end = hash_of_.next(); !end.ok()) return end.status();
  if (auto status = remove_.with(upto).run(); !status.ok()) return status;
  if (auto status = set_start_.with(upto).with(hash).run(); !status.ok()) return status;
  before_first_ = upto;
  return absl::OkStatus();
}

absl::Status journal_store::put_end() {
  return write_end_.with(last_).with(last_hash_).with(std::int64_t{is_open_ ? 1 : 0}).run();
}

absl::Status journal_store::commit() {
  if (auto status = file_->run("COMMIT"); !status.ok()) return status;
  begun_ = false;
  return absl::OkStatus();
}

absl::Status journal_store::close() {
  if (auto status = begin(); !status.ok()) return status;
  is_open_ = false;
  if (auto status = put_end(); !status.ok()) return status;
  return commit();
}

} // namespace vesta
