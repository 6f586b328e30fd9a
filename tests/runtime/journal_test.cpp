#include "vesta/runtime/journal.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "support/journal_file.hpp"
#include "support/quiet_log.hpp"

using namespace vesta;
using namespace vesta::test;
using Catch::Matchers::Contains;

namespace {

constexpr const char* child_variable = "VESTA_TEST_JOURNAL";

/// A clock that counts its readings, so that two records never have one time.
class counting_clock final : public platform::clock {
public:
  platform::nanoseconds now() const override { return ++readings_; }
  platform::nanoseconds wall() const override { return 1'000'000 + ++readings_; }

private:
  mutable std::atomic<platform::nanoseconds> readings_ = 0;
};

/// This very program, running `child_that_writes` below until it is killed.
class writing_child {
public:
  writing_child(const std::string& path, const std::string& marker) : pid_(::fork()) {
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::setenv(child_variable, path.c_str(), 1);
      ::execl("/proc/self/exe", "child", "[.journal_child]", static_cast<char*>(nullptr));
      ::_exit(127);
    }
    while (!std::filesystem::exists(marker) && ::waitpid(pid_, nullptr, WNOHANG) == 0)
      std::this_thread::yield();
    REQUIRE(std::filesystem::exists(marker));
  }
  void kill() {
    int status = 0;
    ::kill(pid_, SIGKILL);
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    CHECK(WIFSIGNALED(status));
  }

private:
  const pid_t pid_;
};

} // namespace

TEST_CASE("a journal keeps what was written down, in order, with its times") {
  const journal_file file;
  const counting_clock time;
  {
    const auto book = *journal::open(file.path(), {.time = &time});
    CHECK(book->append({.kind = journal_kind::failure,
                        .actor = "economy",
                        .incarnation = 3,
                        .code = error_code::handler_failed,
                        .text = "no money",
                        .recovery = "rollback"}));
    CHECK(book->append({.kind = journal_kind::recovered, .actor = "economy", .text = "", .recovery = ""}));
    REQUIRE(book->flush().ok());
    CHECK(file.records().size() == 2); // others may read while it is written
  }
  const auto found = file.records();
  REQUIRE(found.size() == 2);
  CHECK(found[0].line() == "1 failure economy/3 0x0501 rollback: no money");
  CHECK(found[1].line() == "2 recovered economy/0 0x0000 : ");
  CHECK(found[0].wall_ns < found[1].wall_ns);
  CHECK(found[0].steady_ns < found[1].steady_ns);
  CHECK(file.verdict() == "the chain holds: records 1 to 2");
}

TEST_CASE("a journal goes on where it ended") {
  const journal_file file;
  for (const auto* text : {"a", "b", "c"}) file.write({text});
  CHECK(file.texts() == std::vector<std::string>{"a", "b", "c"});
  CHECK(file.verdict() == "the chain holds: records 1 to 3");
}

TEST_CASE("a text that is too long is cut at a whole character, and shows it") {
  const journal_file file;
  std::string umlauts;
  for (int i = 0; i < 200; ++i) umlauts += "ü";
  file.write({umlauts, std::string(journal_text_max, 'x')});
  const auto found = file.texts();
  REQUIRE(found.size() == 2);
  CHECK(found[0] == umlauts.substr(0, 252) + "...");
  CHECK(found[1] == std::string(journal_text_max, 'x'));
}

TEST_CASE("records that find no room are counted, and a record says so") {
  const journal_file file;
  const counting_clock time;
  std::uint64_t lost = 0, kept = 0;
  {
    const auto book = *journal::open(file.path(), {.waiting_max = 2, .time = &time});
    while (book->append({.actor = "a", .text = "x", .recovery = ""})) ++kept;
    lost = book->lost();
    REQUIRE(book->flush().ok());
    REQUIRE(book->flush().ok()); // a loss is told with the batch after it
  }
  CHECK(lost == 1);
  const auto texts = file.texts();
  CHECK(texts.size() == kept + 1);
  CHECK(std::ranges::count(texts, "1 records lost: they came faster than they could be written") == 1);
  CHECK_THAT(file.verdict(), Catch::StartsWith("the chain holds"));
}

TEST_CASE("many threads append, and each one's records keep their order", "[concurrent]") {
  const journal_file file;
  constexpr int threads = 4, each = 500;
  {
    const auto book = *journal::open(file.path());
    std::latch begin{threads};
    std::vector<std::jthread> writers;
    for (int t = 0; t < threads; ++t)
      writers.emplace_back([&, name = std::to_string(t)] {
        begin.arrive_and_wait();
        for (int i = 1; i <= each; ++i)
          book->append(
              {.actor = name, .incarnation = static_cast<std::uint64_t>(i), .text = "", .recovery = ""});
      });
    writers.clear();
    CHECK(book->lost() == 0);
  }
  std::map<std::string, std::int64_t> last;
  const auto found = file.records();
  CHECK(found.size() == threads * each);
  for (const auto& each_one : found) REQUIRE(each_one.incarnation == ++last[each_one.actor]);
  CHECK_THAT(file.verdict(), Catch::StartsWith("the chain holds"));
}

TEST_CASE("a journal that is written is refused to a second writer") {
  const journal_file file;
  const auto first = *journal::open(file.path());
  const auto other_writer = journal::open(file.path());
  REQUIRE_FALSE(other_writer.ok());
  CHECK(absl::IsUnavailable(other_writer.status()));
  CHECK_THAT(std::string(other_writer.status().message()),
             Contains("written by another process; name another file"));
}

TEST_CASE("a file that is no journal is left alone") {
  const journal_file file;
  std::ofstream(file.path()) << std::string(8192, 'x');
  CHECK_THAT(std::string(journal::open(file.path()).status().message()), Contains("is no journal"));
  CHECK(std::filesystem::file_size(file.path()) == 8192);
  CHECK_THAT(std::string(journal::open(file.path() + "/x/y").status().message()),
             Contains("cannot open the journal") && Contains("check the path"));
}

// Not run by itself: the next test starts it in a process of its own.
TEST_CASE("child that writes a journal until it is killed", "[.journal_child]") {
  const auto* path = std::getenv(child_variable);
  if (!path) return;
  const auto book = *journal::open(path);
  for (std::uint64_t i = 1;; ++i) {
    book->append({.actor = "child", .incarnation = i, .text = "still here", .recovery = ""});
    if (i == 1000) {
      REQUIRE(book->flush().ok());
      std::ofstream(std::string(path) + ".marker") << "written";
    }
  }
}

TEST_CASE("a process that is killed amid its records leaves a journal that holds up to its last batch") {
  const journal_file file;
  for (int round = 0; round < 3; ++round) {
    std::filesystem::remove(file.path() + ".marker");
    writing_child child{file.path(), file.path() + ".marker"};
    child.kill();
    CHECK_THAT(file.verdict(), Catch::StartsWith("the chain holds") &&
                                   Catch::EndsWith("it is still written, or was not closed in good order"));
  }
  const auto before = file.records().size();
  CHECK(before >= 3000);
  file.write({"after"});
  const auto found = file.records();
  REQUIRE(found.size() == before + 2);
  CHECK(found[before].kind == "unclean");
  CHECK(found[before].text ==
        "opened after an unclean end: records after " + std::to_string(before) + " may be missing");
  CHECK(file.verdict() == "the chain holds: records 1 to " + std::to_string(before + 2));
}
