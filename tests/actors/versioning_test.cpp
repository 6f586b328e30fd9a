#include "support/toy.hpp"
#include "vesta/actors/actors.hpp"

using namespace vesta;
using namespace vesta::test;
using text_lines = std::vector<std::string>;
using Catch::Matchers::Contains;

namespace {

int a_function() { return 0; }

platform::simulated_libraries::symbol_table exporting(std::vector<std::string> names) {
  platform::simulated_libraries::symbol_table table;
  for (auto& name : names) table[std::move(name)] = reinterpret_cast<void*>(a_function);
  return table;
}

/// Versioning; the images are whatever bytes the test makes loadable.
struct registry : among_recorders<versioning_actor> {
  registry()
      : among_recorders(versioning_spec(),
                        {recorder_of<orchestrator_actor>("orchestrator"),
                         recorder_of<developer_tools_actor>("developer_tools"),
                         recorder_of<alerts_actor>("alerts")},
                        [](toy_session& toy) {
                          toy.libraries.add("good", exporting({"vesta_module_entry"}));
                          toy.libraries.add("better", exporting({"vesta_module_entry"}));
                          toy.libraries.add("no entry", exporting({"something"}));
                          toy.libraries.add("chatty", exporting({"vesta_module_entry", "helper"}));
                          toy.libraries.add("also chatty", exporting({"vesta_module_entry", "helper"}));
                        }) {}

  heard& orchestrator = peer("orchestrator");
  heard& tools = peer("developer_tools");

  void advance(std::uint64_t change, lifecycle to, const std::string& module = "alpha") {
    tell(advance_version{module, change, to, "a test"});
  }
  void verify(std::uint64_t change, const std::string& image, const std::string& module = "alpha") {
    tell(verify_requested{change, module, image});
  }
  void to_verified(std::uint64_t change, const std::string& image, const std::string& module = "alpha") {
    advance(change, lifecycle::building, module);
    advance(change, lifecycle::built, module);
    verify(change, image, module);
  }
  void to_active(std::uint64_t change, const std::string& image, const std::string& module = "alpha") {
    to_verified(change, image, module);
    for (const auto to : {lifecycle::staged, lifecycle::probation, lifecycle::active})
      advance(change, to, module);
  }
};

} // namespace

TEST_CASE("a version's way from discovered to active is told step by step", "[concurrent]") {
  registry play;
  play.to_active(1, "good");
  CHECK(play.tools.next(7) == text_lines{"alpha#1 discovered -> building", "alpha#1 building -> built",
                                         "alpha#1 built -> verifying", "alpha#1 verifying -> verified",
                                         "alpha#1 verified -> staged", "alpha#1 staged -> probation",
                                         "alpha#1 probation -> active"});
  CHECK(play.orchestrator.next() == text_lines{"verify_finished 1 alpha version 1 ok"});
  CHECK(play.orchestrator.last<verify_finished>().image == "good");
}

TEST_CASE("an illegal transition is reported and has no effect", "[concurrent]") {
  registry play;
  play.advance(1, lifecycle::building);
  play.advance(1, lifecycle::active);
  CHECK(play.tools.next(2) == text_lines{"alpha#1 discovered -> building", "alpha#1 building -> building"});
  CHECK_THAT(play.tools.last<lifecycle_moved>().reason,
             Contains("0x2101 illegal_transition: it cannot go to active"));
  play.advance(1, lifecycle::built);
  CHECK(play.tools.next() == text_lines{"alpha#1 building -> built"});
}

TEST_CASE("versions are counted from 1 for each module", "[concurrent]") {
  registry play;
  play.verify(1, "good", "alpha");
  play.verify(2, "good", "alpha");
  play.verify(2, "good", "beta");
  play.verify(3, "good", "alpha");
  CHECK(play.orchestrator.next(4) ==
        text_lines{"verify_finished 1 alpha version 1 ok", "verify_finished 2 alpha version 2 ok",
                   "verify_finished 2 beta version 1 ok", "verify_finished 3 alpha version 3 ok"});
}

TEST_CASE("a newer active version retires the one before", "[concurrent]") {
  registry play;
  play.to_active(1, "good");
  play.to_active(2, "better");
  CHECK(play.tools.next(16).back() == "alpha#2 probation -> active");
  CHECK(play.tools.unread().empty());
  play.to_active(3, "good");
  const auto told = play.tools.next(9);
  CHECK(text_lines(told.end() - 3, told.end()) == text_lines{"alpha#2 active -> draining",
                                                             "alpha#2 draining -> unloaded",
                                                             "alpha#3 probation -> active"});
}

TEST_CASE("a torn image is refused before it is loaded", "[concurrent]") {
  registry play;
  play.to_verified(1, "half of something");
  CHECK(play.orchestrator.next() == text_lines{"verify_finished 1 alpha version 1 image_refused"});
  CHECK_THAT(play.orchestrator.last<verify_finished>().text, Contains("alpha: "));
}

TEST_CASE("an image without the entry is refused by a sentence that names it", "[concurrent]") {
  registry play;
  play.to_verified(1, "no entry");
  CHECK(play.orchestrator.next() == text_lines{"verify_finished 1 alpha version 1 image_refused"});
  CHECK_THAT(play.orchestrator.last<verify_finished>().text, Contains("vesta_module_entry"));
}

TEST_CASE("an image that defines what another module's running version defines is refused", "[concurrent]") {
  registry play;
  play.to_active(1, "chatty", "alpha");
  play.to_verified(2, "also chatty", "beta");
  CHECK(play.orchestrator.next(2).back() == "verify_finished 2 beta version 1 image_refused");
  CHECK_THAT(play.orchestrator.last<verify_finished>().text, Contains("helper"));
  play.to_verified(3, "also chatty", "alpha"); // its own successor may
  CHECK(play.orchestrator.next() == text_lines{"verify_finished 3 alpha version 2 ok"});
}

TEST_CASE("a quarantined build is not tried again, and another one is", "[concurrent]") {
  registry play;
  play.to_verified(1, "good");
  play.advance(1, lifecycle::staged);
  play.advance(1, lifecycle::probation);
  play.advance(1, lifecycle::quarantined);
  play.to_verified(2, "good");
  play.to_verified(3, "better");
  CHECK(play.orchestrator.next(3) == text_lines{"verify_finished 1 alpha version 1 ok",
                                                "verify_finished 2 alpha version 2 quarantined_build",
                                                "verify_finished 3 alpha version 3 ok"});
}

TEST_CASE("the quarantine outlives the incarnation that made it", "[concurrent]") {
  registry play;
  play.to_verified(1, "good");
  play.advance(1, lifecycle::quarantined);
  CHECK(play.tools.next(5).back() == "alpha#1 verified -> quarantined");
  play.actors()->kill("versioning", "a test");
  play.to_verified(2, "good");
  CHECK(play.orchestrator.next(2).back() == "verify_finished 2 alpha version 2 quarantined_build");
}
