#include "vesta/runtime/journal_store.hpp"

#include <filesystem>

#include "support/journal_file.hpp"

using namespace vesta;
using namespace vesta::test;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint64_t smallest_journal = 64 << 10;

absl::Status fill_journal(journal_store& store, int batches) {
  const std::string text(200, 'x');
  const std::vector<journal_row> batch(100, {.kind = "failure", .actor = "a", .text = text});
  for (int i = 0; i < batches; ++i)
    if (auto status = store.write(batch); !status.ok()) return status;
  return absl::OkStatus();
}

} // namespace

TEST_CASE("a journal over its limit loses its oldest records, and what is left still holds") {
  const journal_file file;
  const auto store = *journal_store::open(file.path(), smallest_journal, 0, 0);
  for (int round = 0; round < 5; ++round) {
    REQUIRE(fill_journal(*store, 20).ok());
    const auto found = *verify_journal(file.path());
    CHECK(found.holds);
    CHECK(found.last == (round + 1) * 2000);
    CHECK(found.first > found.last - 500);
    CHECK_THAT(found.text, Contains("older ones were removed to bound the file"));
  }
  REQUIRE(store->close().ok());
  CHECK(std::filesystem::file_size(file.path()) < 3 * smallest_journal); // a batch lies on top of the limit
}

TEST_CASE("a removed record after a rotation is still missed") {
  const journal_file file;
  {
    const auto store = *journal_store::open(file.path(), smallest_journal, 0, 0);
    REQUIRE(fill_journal(*store, 20).ok());
    REQUIRE(store->close().ok());
  }
  const auto first = verify_journal(file.path())->first;
  const auto base = *journal_database::open(file.path(), journal_database::access::write);
  REQUIRE(base->run("DELETE FROM records WHERE number = (SELECT min(number) FROM records)").ok());
  CHECK(file.verdict() ==
        fmt::format("record {} is missing: after {} comes {}", first, first - 1, first + 1));
}

TEST_CASE("a limit that leaves no room for records is refused") {
  const journal_file file;
  const auto status = journal_store::open(file.path(), 1000, 0, 0).status();
  CHECK_THAT(std::string(status.message()), Contains("too small; give it 65536 at least"));
  CHECK_FALSE(std::filesystem::exists(file.path()));
}

TEST_CASE("a batch that could not be written leaves no trace and can be written later") {
  const journal_file file;
  const auto store = *journal_store::open(file.path(), smallest_journal, 0, 0);
  const auto base = *journal_database::open(file.path(), journal_database::access::read);
  const journal_row good{.kind = "failure", .actor = "a", .text = "good"};
  REQUIRE(store->write({&good, 1}).ok());
  // Another writer has the file for a while.
  REQUIRE(store->close().ok());
  const auto other = *journal_database::open(file.path(), journal_database::access::write);
  REQUIRE(other->run("BEGIN IMMEDIATE").ok());
  CHECK(absl::IsUnavailable(store->write({&good, 1})));
  REQUIRE(other->run("ROLLBACK").ok());
  REQUIRE(store->write({&good, 1}).ok());
  CHECK(file.records().size() == 2);
  CHECK_THAT(file.verdict(), Catch::StartsWith("the chain holds"));
}
