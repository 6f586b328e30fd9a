#include "vesta/actors/command/journal_command.hpp"

#include <filesystem>
#include <sstream>

#include "support/journal_file.hpp"
#include "vesta/actors/command/command_line.hpp"
#include "vesta/runtime/journal_database.hpp"

using namespace vesta;
using namespace vesta::command;
using namespace vesta::test;
using Catch::Matchers::Contains;

namespace {

struct journal_answer {
  int status = 0;
  std::string out, err;
};

journal_answer vesta_journal(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "journal");
  std::ostringstream out, err;
  const int status = run_command(arguments, {out, err});
  return {status, out.str(), err.str()};
}

/// Two records of two actors.
struct two_records : journal_file {
  two_records() {
    const auto book = *journal::open(path());
    book->append({.actor = "fire", .code = error_code::module_hung, .text = "stuck", .recovery = "parked"});
    book->append({.actor = "power", .text = "fine", .recovery = ""});
  }
};

std::string journal_refusal(const std::vector<std::string>& arguments) {
  const auto answer = vesta_journal(arguments);
  CHECK(answer.status == bad_input);
  CHECK(std::ranges::count(answer.err, '\n') == 1);
  return answer.err;
}

} // namespace

TEST_CASE("a journal is shown, chosen from, exported and verified") {
  const two_records file;
  const auto all = vesta_journal({"show", file.path()});
  CHECK(all.status == as_expected);
  CHECK_THAT(all.out, Contains("stuck") && Contains("fine") && Contains("2 records"));
  const auto hung = vesta_journal({"show", file.path(), "--code", "module_hung"}).out;
  CHECK_THAT(hung, Contains("stuck") && !Contains("fine"));
  CHECK(vesta_journal({"show", file.path(), "--code", "0x4201"}).out == hung);
  CHECK_THAT(vesta_journal({"show", file.path(), "--actor=power", "--since", "1h"}).out,
             Contains("fine") && !Contains("stuck"));
  CHECK_THAT(vesta_journal({"show", file.path(), "--until", "1h"}).out, Contains("0 records"));
  CHECK_THAT(vesta_journal({"export", file.path()}).out,
             Catch::StartsWith("[\n{\"number\":1,") && Catch::EndsWith("}\n]\n"));
  CHECK_THAT(vesta_journal({"export", file.path(), "--csv"}).out,
             Catch::StartsWith("number,time,") && Contains("\r\n2,"));
  CHECK(vesta_journal({"export", file.path(), "--actor", "x"}).out == "[\n]\n");
  const auto verified = vesta_journal({"verify", file.path()});
  CHECK(verified.status == as_expected);
  CHECK_THAT(verified.out, Contains("ok  the chain holds: records 1 to 2") && Contains("hash of record 2: "));
}

TEST_CASE("verify ends with 1 when the chain is broken, and says where") {
  const two_records file;
  const auto tool = *journal_database::open(file.path(), journal_database::access::write);
  REQUIRE(tool->run("UPDATE records SET text = 'never stuck' WHERE number = 1").ok());
  const auto verified = vesta_journal({"verify", file.path()});
  CHECK(verified.status == not_as_expected);
  CHECK_THAT(verified.out, Contains("broken  record 1 does not fit"));
}

TEST_CASE("a journal that was edited is shown and exported with a warning") {
  const two_records file;
  const auto tool = *journal_database::open(file.path(), journal_database::access::write);
  REQUIRE(tool->run("UPDATE records SET text = 'never stuck' WHERE number = 1").ok());
  for (const auto& arguments : std::vector<std::vector<std::string>>{
           {"show", file.path()}, {"export", file.path()}, {"export", file.path(), "--csv"}}) {
    const auto answer = vesta_journal(arguments);
    CHECK(answer.status == not_as_expected);
    CHECK_THAT(answer.out, Contains("never stuck") && Contains("fine"));
    CHECK_THAT(answer.err, Contains("record 1 does not fit") && Contains("may be wrong") && Contains("copy"));
    CHECK(std::ranges::count(answer.err, '\n') == 1);
  }
}

TEST_CASE("a journal whose file was cut is shown as far as it can be read, with a warning") {
  const journal_file file;
  file.write(std::vector<std::string>(200, std::string(200, 'x')));
  std::filesystem::resize_file(file.path(), std::filesystem::file_size(file.path()) / 2);
  for (const auto* action : {"show", "export"}) {
    const auto answer = vesta_journal({action, file.path()});
    CHECK(answer.status == not_as_expected);
    CHECK_THAT(answer.err, Contains("cut or damaged") && Contains("copy"));
    CHECK(std::ranges::count(answer.err, '\n') == 1);
  }
}

TEST_CASE("what `vesta journal` cannot do is one sentence") {
  const two_records file;
  const auto path = file.path();
  CHECK_THAT(journal_refusal({}), Contains("show|verify|export FILE"));
  CHECK_THAT(journal_refusal({"shwo", path}), Contains("did you mean \"show\""));
  CHECK_THAT(journal_refusal({"show", path + "x"}),
             Contains("cannot open the journal") && Contains("check the path"));
  CHECK_THAT(journal_refusal({"verify", VESTA_SOURCE_DIR "/README.md"}), Contains("is no journal"));
  CHECK_THAT(journal_refusal({"show", path, "--code", "modul_hung"}),
             Contains("did you mean \"module_hung\""));
  CHECK_THAT(journal_refusal({"show", path, "--since", "soon"}), Contains("--since soon") && Contains("15m"));
  CHECK_THAT(journal_refusal({"show", path, "--until", "2026-02-30"}), Contains("there is no such time"));
  CHECK_THAT(journal_refusal({"show", path, "--since", "2026-12-01", "--until", "2026-11-30"}),
             Contains("exchange them"));
  for (const auto* option : {"--code", "--actor", "--since", "--until"})
    CHECK_THAT(journal_refusal({"show", path, option, ""}), Contains(option) && Contains("leave it out"));
  const auto folder = std::filesystem::path(path).parent_path().string();
  CHECK_THAT(journal_refusal({"show", folder}), Contains("is a folder") && Contains("name a file"));
  CHECK_THAT(journal_refusal({"verify", path, "--actor", "a"}), Contains("leave the filters out"));
  CHECK_THAT(journal_refusal({"show", path, "--json"}), Contains("vesta journal export"));
  CHECK_THAT(journal_refusal({"export", path, "--json", "--csv"}), Contains("not both"));
  CHECK_THAT(journal_refusal({"show", path, "--sinec", "1h"}), Contains("--since"));
}
