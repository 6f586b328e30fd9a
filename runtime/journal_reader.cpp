#include "vesta/runtime/journal_reader.hpp"

#include <fmt/format.h>
#include <limits>

#include "vesta/runtime/journal_database.hpp"

namespace vesta {
namespace {

using time_limits = std::numeric_limits<std::int64_t>;

journal_row row_of(const journal_statement& from) {
  return {.number = from.number(0),
          .wall_ns = from.number(1),
          .steady_ns = from.number(2),
          .incarnation = from.number(3),
          .code = from.number(4),
          .kind = from.text(5),
          .actor = from.text(6),
          .recovery = from.text(7),
          .text = from.text(8)};
}

/// The chain as it is walked, from the hash before the first record.
class chain_walk {
public:
  explicit chain_walk(journal_database& file) : file_(file) {}

  /// False once a record does not fit.
  absl::StatusOr<bool> run() {
    if (auto status = file_.run("BEGIN"); !status.ok()) return status; // one moment of the journal
    if (auto status = read_ends(); !status.ok()) return status;
    auto records = file_.prepare("SELECT * FROM records ORDER BY number");
    if (!records.ok()) return records.status();
    for (;;) {
      const auto row = records->next();
      if (!row.ok()) return row.status();
      if (!*row) return ends_well();
      if (!fits(row_of(*records), records->hash(9))) return false;
    }
  }

  std::int64_t last() const { return last_; }
  journal_check found(bool holds) const {
    const bool any = last_ > before_first_;
    return {.holds = holds,
            .text = holds ? summary() : fault_,
            .first = any ? before_first_ + 1 : 0,
            .last = any ? last_ : 0,
            .hash = hash_};
  }

private:
  absl::Status read_ends() {
    auto ends =
        file_.prepare("SELECT before_first, hash_before_first, last, hash_of_last, is_open FROM chain");
    if (!ends.ok()) return ends.status();
    const auto row = ends->next();
    if (!row.ok()) return row.status();
    if (!*row) return absl::DataLossError("the row that holds the ends of the chain is gone");
    before_first_ = last_ = ends->number(0);
    hash_ = ends->hash(1);
    end_ = ends->number(2);
    hash_at_end_ = ends->hash(3);
    is_open_ = ends->number(4) != 0;
    return absl::OkStatus();
  }

  bool fits(const journal_row& row, const journal_hash& kept) {
    if (row.number != last_ + 1)
      return fault("record {} is missing: after {} comes {}", last_ + 1, last_, row.number);
    const auto computed = chained(hash_, row);
    if (computed != kept)
      return fault("record {} does not fit: it, or its place in the order, was changed", row.number);
    last_ = row.number;
    hash_ = computed;
    return true;
  }

  bool ends_well() {
    if (last_ < end_)
      return fault("record {} is missing, and all up to {}: the end was cut off", last_ + 1, end_);
    if (last_ > end_)
      return fault("record {} was added by somebody else: the chain ends at {}", end_ + 1, end_);
    if (hash_ != hash_at_end_) return fault("record {} is not the one that was written last", last_);
    return true;
  }

  template <class... Values>
  bool fault(fmt::format_string<Values...> text, Values&&... values) {
    fault_ = fmt::format(text, std::forward<Values>(values)...);
    return false;
  }

  std::string summary() const {
    const auto* open = is_open_ ? "; it is still written, or was not closed in good order" : "";
    if (last_ == before_first_) return fmt::format("the chain holds: no record yet{}", open);
    const auto older = before_first_ > 0 ? "; older ones were removed to bound the file" : "";
    return fmt::format("the chain holds: records {} to {}{}{}", before_first_ + 1, last_, older, open);
  }

  journal_database& file_;
  std::int64_t before_first_ = 0, last_ = 0, end_ = 0;
  journal_hash hash_{}, hash_at_end_{};
  bool is_open_ = false;
  std::string fault_;
};

} // namespace

absl::Status read_journal(const std::string& path, const journal_filter& filter,
                          const std::function<void(const journal_row&)>& visit) {
  auto file = journal_database::open(path, journal_database::access::read);
  if (!file.ok()) return file.status();
  std::string sql = "SELECT * FROM records WHERE wall_ns >= ? AND wall_ns <= ?";
  if (filter.actor) sql += " AND actor = ?";
  if (filter.code) sql += " AND code = ?";
  auto records = (*file)->prepare(sql + " ORDER BY number");
  if (!records.ok()) return records.status();
  records->with(filter.since_ns.value_or(time_limits::min()))
      .with(filter.until_ns.value_or(time_limits::max()));
  if (filter.actor) records->with(*filter.actor);
  if (filter.code) records->with(static_cast<std::int64_t>(*filter.code));
  for (;;) {
    const auto row = records->next();
    if (!row.ok()) return row.status();
    if (!*row) return absl::OkStatus();
    visit(row_of(*records));
  }
}

absl::StatusOr<journal_check> verify_journal(const std::string& path) {
  auto file = journal_database::open(path, journal_database::access::read);
  if (absl::IsDataLoss(file.status()))
    return journal_check{.text = std::string(file.status().message()), .first = 0, .last = 0, .hash = {}};
  if (!file.ok()) return file.status();
  chain_walk walk(**file);
  const auto holds = walk.run();
  if (holds.ok()) return walk.found(*holds);
  if (!absl::IsDataLoss(holds.status())) return holds.status();
  auto found = walk.found(false);
  found.text = fmt::format("what comes after record {} cannot be read: {}", walk.last(),
                           std::string(holds.status().message()));
  return found;
}

} // namespace vesta
