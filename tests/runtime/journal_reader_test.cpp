#include "vesta/runtime/journal_reader.hpp"

#include <filesystem>
#include <fstream>

#include "support/journal_file.hpp"
#include "vesta/runtime/journal_database.hpp"

using namespace vesta;
using namespace vesta::test;
using Catch::Matchers::Contains;

namespace {

/// Five records, and what somebody did to them with a tool of SQLite.
std::string verdict_after(const char* edit) {
  const journal_file file;
  file.write({"one", "two", "three", "four", "five"});
  CHECK(file.verdict() == "the chain holds: records 1 to 5");
  REQUIRE((*journal_database::open(file.path(), journal_database::access::write))->run(edit).ok());
  return file.verdict();
}

} // namespace

TEST_CASE("an edited journal is told by the first record that does not fit") {
  CHECK_THAT(verdict_after("UPDATE records SET text = 'tow' WHERE number = 2"),
             Contains("record 2 does not fit"));
  CHECK_THAT(verdict_after("UPDATE records SET code = code + 65536 WHERE number = 4"),
             Contains("record 4 does not fit"));
  CHECK_THAT(verdict_after("UPDATE records SET kind = 'change' WHERE number = 1"),
             Contains("record 1 does not fit"));
  CHECK_THAT(verdict_after("UPDATE records SET hash = zeroblob(32) WHERE number = 3"),
             Contains("record 3 does not fit"));
  CHECK_THAT(verdict_after("UPDATE records SET number = 9 WHERE number = 2; "
                           "UPDATE records SET number = 2 WHERE number = 3; "
                           "UPDATE records SET number = 3 WHERE number = 9"),
             Contains("record 2 does not fit"));
}

TEST_CASE("removed and added records are told") {
  CHECK(verdict_after("DELETE FROM records WHERE number = 1") == "record 1 is missing: after 0 comes 2");
  CHECK(verdict_after("DELETE FROM records WHERE number = 3") == "record 3 is missing: after 2 comes 4");
  CHECK(verdict_after("DELETE FROM records WHERE number > 3") ==
        "record 4 is missing, and all up to 5: the end was cut off");
  CHECK(verdict_after("DELETE FROM records") == "record 1 is missing, and all up to 5: the end was cut off");
  CHECK_THAT(
      verdict_after("INSERT INTO records SELECT 6, wall_ns, steady_ns, incarnation, code, kind, actor, "
                    "recovery, text, hash FROM records WHERE number = 5"),
      Contains("record 6 does not fit"));
  CHECK_THAT(verdict_after("DELETE FROM chain"), Contains("the ends of the chain"));
}

TEST_CASE("a journal whose file was cut does not hold, and cannot be shown") {
  const journal_file file;
  file.write(std::vector<std::string>(200, std::string(200, 'x')));
  std::filesystem::resize_file(file.path(), std::filesystem::file_size(file.path()) / 2);
  CHECK_THAT(file.verdict(), Contains("cut or damaged"));
  const auto status = read_journal(file.path(), {}, [](const journal_row&) {});
  CHECK(absl::IsDataLoss(status));
}

TEST_CASE("what is no journal is refused with a sentence") {
  const journal_file file;
  const auto refusal = [&] { return std::string(verify_journal(file.path()).status().message()); };
  CHECK_THAT(refusal(), Contains("cannot open the journal") && Contains("No such file"));
  std::ofstream(file.path()) << "";
  CHECK_THAT(refusal(), Contains("is no journal"));
  std::ofstream(file.path()) << std::string(10'000, 'x');
  CHECK_THAT(refusal(), Contains("is no journal") && Contains("name a file"));
  std::filesystem::remove(file.path());
  file.write({"one"});
  REQUIRE((*journal_database::open(file.path(), journal_database::access::write))
              ->run("PRAGMA user_version = 2")
              .ok());
  CHECK_THAT(refusal(), Contains("has layout 2, this Vesta knows 1"));
}

TEST_CASE("records are chosen by actor, code and time") {
  const journal_file file;
  platform::virtual_clock time;
  {
    const auto book = *journal::open(file.path(), {.time = &time});
    for (const auto* text : {"0", "1", "2", "3", "4", "5"}) {
      const bool odd = (*text - '0') % 2 == 1;
      book->append({.actor = odd ? "odd" : "even",
                    .code = *text >= '4' ? error_code::module_hung : error_code::none,
                    .text = text,
                    .recovery = ""});
      time.advance(100);
    }
  }
  using texts = std::vector<std::string>;
  CHECK(file.texts({.actor = "odd"}) == texts{"1", "3", "5"});
  CHECK(file.texts({.code = error_code::module_hung}) == texts{"4", "5"});
  CHECK(file.texts({.since_ns = 100, .until_ns = 300}) == texts{"1", "2", "3"});
  CHECK(file.texts({.actor = "odd", .since_ns = 101}) == texts{"3", "5"});
  CHECK(file.texts({.actor = "nobody"}).empty());
}
