#include "vesta/runtime/journal_events.hpp"

#include "support/journal_file.hpp"

using namespace vesta;
using namespace vesta::test;

namespace {

template <class... Arguments>
std::vector<std::string> journal_lines_of(const Arguments&... arguments) {
  const journal_file file;
  {
    const auto book = *journal::open(file.path());
    write_down(*book, arguments...);
  }
  std::vector<std::string> found;
  for (const auto& each : file.records()) found.push_back(each.line());
  return found;
}

using journal_lines = std::vector<std::string>;

} // namespace

TEST_CASE("a failure is written down with its verdict, and again when it isolates the actor") {
  failure what{.actor = "economy", .incarnation = 2, .code = error_code::handler_failed, .text = "no money"};
  CHECK(journal_lines_of(what, remedy::restart) ==
        journal_lines{"1 failure economy/2 0x0501 restart: no money"});
  what.message = "tax";
  what.message_number = 7;
  CHECK(journal_lines_of(what, remedy::isolate) ==
        journal_lines{"1 failure economy/2 0x0501 isolate: on tax (message 7): no money",
                      "2 isolated economy/2 0x0501 isolate: parked until it is released"});
  CHECK(journal_lines_of(escalation{what, "hmr"}) ==
        journal_lines{"1 escalated economy/2 0x0501 safe mode: hmr could not cure it: no money"});
  CHECK(journal_lines_of(recovered{.actor = "economy", .by = remedy::rollback, .took_ns = 42'000}) ==
        journal_lines{"1 recovered economy/0 0x0000 rollback: back after 42 us"});
}

TEST_CASE("changes, failures of modules and versions are written down") {
  CHECK(journal_lines_of(change_report{.change = 3,
                                       .files = "fire.cpp",
                                       .verdict = verdict_on_change::compile_error,
                                       .code = error_code::compile_failed,
                                       .text = "no ;"}) ==
        journal_lines{"1 change orchestrator/0 0x3501 compile_error: change 3 of fire.cpp: no ;"});
  CHECK(journal_lines_of(module_failed{.module = "fire",
                                       .code = error_code::module_crashed,
                                       .text = "SIGSEGV",
                                       .frame = 9,
                                       .frames_back = 1}) ==
        journal_lines{"1 rollback fire/0 0x4501 parked: frame 9, back by 1 frames: SIGSEGV"});
  CHECK(journal_lines_of(lifecycle_moved{"fire", 2, lifecycle::staged, lifecycle::probation, ""}) ==
        journal_lines{"1 swap fire/0 0x0000 probation: version 2, staged -> probation"});
  CHECK(journal_lines_of(lifecycle_moved{"fire", 2, lifecycle::building, lifecycle::built, "in time"}) ==
        journal_lines{"1 lifecycle fire/0 0x0000 built: version 2, building -> built: in time"});
}
