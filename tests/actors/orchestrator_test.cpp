#include "support/toy.hpp"
#include "vesta/actors/actors.hpp"

using namespace vesta;
using namespace vesta::test;
using text_lines = std::vector<std::string>;

namespace {

/// The orchestrator; the test speaks for its peers.
struct orchestra : among_recorders<orchestrator_actor> {
  orchestra()
      : among_recorders(orchestrator_spec(), {recorder_of<versioning_actor>("versioning"),
                                              recorder_of<build_pipeline_actor>("build_pipeline"),
                                              recorder_of<runtime_integration_actor>("runtime_integration"),
                                              recorder_of<asset_pipeline_actor>("asset_pipeline"),
                                              recorder_of<developer_tools_actor>("developer_tools")}) {}

  heard& builds = peer("build_pipeline");
  heard& versions = peer("versioning");
  heard& integration = peer("runtime_integration");
  heard& tools = peer("developer_tools");

  void edit(std::vector<std::string> modules, std::string files = "a file") {
    tell(change_found{.modules = std::move(modules), .files = std::move(files), .saved_ns = 1});
  }
  void built(std::uint64_t change, const std::string& module) {
    tell(build_finished{
        .change = change, .module = module, .image = module + "'s image", .started_ns = 10, .ended_ns = 30});
  }
  void verified(std::uint64_t change, const std::string& module, std::uint64_t version = 2) {
    tell(verify_finished{
        .change = change, .module = module, .version = version, .image = module + "'s image"});
  }
  void ready(std::uint64_t change, const std::string& module) {
    built(change, module);
    verified(change, module);
  }
  void staged(std::uint64_t change) { tell(stage_finished{.change = change}); }
  void swapped(std::uint64_t change, error_code code = error_code::none) {
    tell(swap_finished{.change = change, .code = code, .frame = 7, .at_ns = 50, .boundary_ns = 4});
  }
  void live(std::uint64_t change, const std::string& module) {
    ready(change, module);
    staged(change);
    swapped(change);
  }

  /// Takes the opening as done and read.
  void open() {
    tell(open_game{});
    for (const auto* module : {"alpha", "beta"}) ready(0, module);
    staged(0);
    CHECK(toy().host.next() == text_lines{"opened"});
    CHECK(builds.next(2) == text_lines{"build_requested 0 alpha", "build_requested 0 beta"});
    CHECK(integration.next() == text_lines{"stage_requested 0 alpha#2 beta#2"});
    versions.next(12);
  }
};

} // namespace

TEST_CASE("opening a game takes every module from building to active, and then the host hears of it",
          "[concurrent]") {
  orchestra play;
  play.tell(open_game{});
  CHECK(play.builds.next(2) == text_lines{"build_requested 0 alpha", "build_requested 0 beta"});
  CHECK(play.versions.next(2) ==
        text_lines{"advance_version 0 alpha to building", "advance_version 0 beta to building"});
  play.built(0, "alpha");
  CHECK(play.versions.next(2) == text_lines{"advance_version 0 alpha to built", "verify_requested 0 alpha"});
  play.verified(0, "alpha", 1);
  play.built(0, "beta");
  CHECK(play.versions.next(2) == text_lines{"advance_version 0 beta to built", "verify_requested 0 beta"});
  play.verified(0, "beta", 1);
  CHECK(play.integration.next() == text_lines{"stage_requested 0 alpha#1 beta#1"});
  play.staged(0);
  CHECK(play.versions.next(6) ==
        text_lines{"advance_version 0 alpha to staged", "advance_version 0 beta to staged",
                   "advance_version 0 alpha to probation", "advance_version 0 alpha to active",
                   "advance_version 0 beta to probation", "advance_version 0 beta to active"});
  CHECK(play.toy().host.next() == text_lines{"opened"});
}

TEST_CASE("a game that does not compile is refused with the compiler's words", "[concurrent]") {
  orchestra play;
  play.tell(open_game{});
  play.tell(build_finished{
      .change = 0, .module = "beta", .code = error_code::compile_failed, .text = "beta.cpp:3: error"});
  CHECK(play.toy().host.next() == text_lines{"compile_failed: beta.cpp:3: error"});
  CHECK(play.builds.next(3).back() == "build_cancelled 0");
}

TEST_CASE("a game whose modules do not fit together is refused with the reason", "[concurrent]") {
  orchestra play;
  play.tell(open_game{});
  for (const auto* module : {"alpha", "beta"}) play.ready(0, module);
  play.tell(stage_finished{
      .change = 0, .code = error_code::module_refused, .text = "alpha and beta both own things.heat"});
  CHECK(play.toy().host.next() == text_lines{"module_refused: alpha and beta both own things.heat"});
}

TEST_CASE("an edit travels through all steps and is reported live, and again when its probation is over",
          "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"beta"});
  CHECK(play.builds.next() == text_lines{"build_requested 1 beta"});
  play.built(1, "beta");
  CHECK(play.versions.next(3) == text_lines{"advance_version 1 beta to building",
                                            "advance_version 1 beta to built", "verify_requested 1 beta"});
  CHECK(play.versions.last<verify_requested>().image == "beta's image");
  play.verified(1, "beta");
  CHECK(play.integration.next() == text_lines{"stage_requested 1 beta#2"});
  play.staged(1);
  CHECK(play.versions.next() == text_lines{"advance_version 1 beta to staged"});
  play.swapped(1);
  CHECK(play.versions.next() == text_lines{"advance_version 1 beta to probation"});
  CHECK(play.tools.next() == text_lines{"change_report 1 live ok"});
  play.tell(probation_passed{1, 9});
  CHECK(play.versions.next() == text_lines{"advance_version 1 beta to active"});
  CHECK(play.tools.next() == text_lines{"change_report 1 live ok"});

  const auto report = play.tools.last<change_report>();
  CHECK(report.modules == text_lines{"beta"});
  CHECK(report.files == "a file");
  CHECK(report.times.saved_ns == 1);
  CHECK(report.times.compile_ns == 20);
  CHECK(report.times.live_ns == 50);
  CHECK(report.times.boundary_ns == 4);
  CHECK(report.times.built_ns <= report.times.verified_ns);
  CHECK(report.times.verified_ns <= report.times.over_ns);
}

TEST_CASE("a compile error ends the change at once, with the compiler's words whole", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha", "beta"});
  play.tell(build_finished{
      .change = 1, .module = "alpha", .code = error_code::compile_failed, .text = "line 1\nline 2\n"});
  CHECK(play.tools.next() == text_lines{"change_report 1 compile_error compile_failed"});
  CHECK(play.tools.last<change_report>().text == "line 1\nline 2\n");
  CHECK(play.builds.next(3) ==
        text_lines{"build_requested 1 alpha", "build_requested 1 beta", "build_cancelled 1"});
  CHECK(play.versions.next(4) ==
        text_lines{"advance_version 1 alpha to building", "advance_version 1 beta to building",
                   "advance_version 1 alpha to unloaded", "advance_version 1 beta to unloaded"});
}

TEST_CASE("after a failure of the machine, and no other, the next save builds again whatever it holds",
          "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"beta"});
  SECTION("a full disk") {
    play.tell(build_finished{.change = 1, .module = "beta", .code = error_code::build_io});
    CHECK(play.builds.next(3).back() == "retry_on_save beta");
  }
  SECTION("a compiler that does not end") {
    play.tell(build_finished{.change = 1, .module = "beta", .code = error_code::build_timed_out});
    CHECK(play.builds.next(3).back() == "retry_on_save beta");
  }
  SECTION("a compile error") {
    play.tell(build_finished{.change = 1, .module = "beta", .code = error_code::compile_failed});
    play.edit({"alpha"});
    CHECK(play.builds.next(3) ==
          text_lines{"build_requested 1 beta", "build_cancelled 1", "build_requested 2 alpha"});
  }
}

TEST_CASE("an image that versioning refuses goes no further", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"beta"});
  play.built(1, "beta");
  play.tell(verify_finished{.change = 1,
                            .module = "beta",
                            .version = 2,
                            .code = error_code::quarantined_build,
                            .text = "it failed before"});
  CHECK(play.tools.next() == text_lines{"change_report 1 refused quarantined_build"});
  CHECK(play.tools.last<change_report>().text == "it failed before");
  CHECK(play.versions.next(4).back() == "advance_version 1 beta to unloaded");
  CHECK(play.integration.unread().empty());
}

TEST_CASE("a module that cannot be staged is refused, and the next change takes its turn", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha"});
  play.ready(1, "alpha");
  play.edit({"beta"});
  play.ready(2, "beta");
  CHECK(play.integration.next() == text_lines{"stage_requested 1 alpha#2"});
  play.tell(stage_finished{.change = 1, .code = error_code::module_refused, .text = "no such column"});
  CHECK(play.tools.next() == text_lines{"change_report 1 refused module_refused"});
  CHECK(play.integration.next() == text_lines{"stage_requested 2 beta#2"});
}

TEST_CASE("a crash on probation quarantines the version and is reported as rolled back", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"beta"});
  play.live(1, "beta");
  CHECK(play.tools.next() == text_lines{"change_report 1 live ok"});
  play.tell(
      module_failed{.change = 1, .module = "beta", .code = error_code::module_crashed, .text = "SIGSEGV"});
  CHECK(play.tools.next() == text_lines{"change_report 1 rolled_back module_crashed"});
  CHECK(play.tools.last<change_report>().text == "SIGSEGV");
  CHECK(play.versions.next(6).back() == "advance_version 1 beta to quarantined");
}

TEST_CASE("a crash of a settled module ends no change", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"beta"});
  play.tell(module_failed{.change = 0, .module = "beta", .code = error_code::module_crashed});
  play.live(1, "beta");
  CHECK(play.tools.next() == text_lines{"change_report 1 live ok"});
}

TEST_CASE("an edit that failed goes in together with the next one of any of its modules", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha", "beta"}, "shared.h");
  SECTION("after a compile error") {
    play.tell(build_finished{.change = 1, .module = "beta", .code = error_code::compile_failed});
    CHECK(play.tools.next() == text_lines{"change_report 1 compile_error compile_failed"});
  }
  SECTION("after a refusal") {
    play.built(1, "beta");
    play.tell(verify_finished{.change = 1, .module = "beta", .code = error_code::quarantined_build});
    CHECK(play.tools.next() == text_lines{"change_report 1 refused quarantined_build"});
  }
  SECTION("after a crash on probation") {
    play.ready(1, "alpha");
    play.live(1, "beta");
    play.tell(module_failed{.change = 1, .module = "beta", .code = error_code::module_crashed});
    CHECK(play.tools.next(2).back() == "change_report 1 rolled_back module_crashed");
  }
  play.builds.next(2);
  play.builds.unread();
  play.edit({"beta"}, "beta.cpp");
  play.ready(2, "beta");
  play.ready(2, "alpha");
  play.staged(2);
  play.swapped(2);
  CHECK(play.tools.next() == text_lines{"change_report 2 live ok"});
  CHECK(play.tools.last<change_report>().modules == text_lines{"beta", "alpha"});
  CHECK(play.tools.last<change_report>().files == "beta.cpp, shared.h");

  play.edit({"beta"}, "beta.cpp"); // all that was pending is live
  play.live(3, "beta");
  CHECK(play.tools.next() == text_lines{"change_report 3 live ok"});
  CHECK(play.tools.last<change_report>().modules == text_lines{"beta"});
}

TEST_CASE("an edit that failed does not hold up edits of other modules", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha"}, "alpha.cpp");
  play.tell(build_finished{.change = 1, .module = "alpha", .code = error_code::compile_failed});
  play.edit({"beta"}, "beta.cpp");
  play.live(2, "beta");
  CHECK(play.tools.next(2).back() == "change_report 2 live ok");
  CHECK(play.tools.last<change_report>().modules == text_lines{"beta"});
}

TEST_CASE("failed edits that share modules go in as one", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"beta"}, "beta.cpp");
  play.tell(build_finished{.change = 1, .module = "beta", .code = error_code::compile_failed});
  play.edit({"alpha", "beta"}, "shared.h");
  play.tell(build_finished{.change = 2, .module = "beta", .code = error_code::compile_failed});
  play.edit({"alpha"}, "alpha.cpp");
  play.tell(build_finished{.change = 3, .module = "alpha", .code = error_code::compile_failed});
  CHECK(play.tools.next(3).back() == "change_report 3 compile_error compile_failed");
  CHECK(play.tools.last<change_report>().modules == text_lines{"alpha", "beta"});
  CHECK(play.tools.last<change_report>().files == "alpha.cpp, shared.h, beta.cpp");
}

TEST_CASE("an edit that was begun before an older one of its modules failed is begun anew with that",
          "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha", "beta"}, "shared.h");
  play.ready(1, "alpha");
  play.live(1, "beta");
  play.edit({"beta"}, "beta.cpp");
  play.tell(module_failed{.change = 1, .module = "beta", .code = error_code::module_crashed});
  CHECK(play.tools.next(3) == text_lines{"change_report 1 live ok",
                                         "change_report 1 rolled_back module_crashed",
                                         "change_report 2 superseded change_superseded"});
  CHECK(play.builds.next(6) == text_lines{"build_requested 1 alpha", "build_requested 1 beta",
                                          "build_requested 2 beta", "build_cancelled 2",
                                          "build_requested 3 beta", "build_requested 3 alpha"});
}

TEST_CASE("an edit whose swap was overtaken by the failure of an older one is begun anew with that",
          "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha", "beta"}, "shared.h");
  play.ready(1, "alpha");
  play.live(1, "beta");
  play.edit({"beta"}, "beta.cpp");
  play.ready(2, "beta");
  play.staged(2);
  play.tell(module_failed{.change = 1, .module = "beta", .code = error_code::module_crashed});
  play.swapped(2, error_code::swap_overtaken);
  CHECK(play.tools.next(3).back() == "change_report 2 superseded change_superseded");
  CHECK(play.builds.next(6).back() == "build_requested 3 alpha");
}

TEST_CASE("of the modules that change together, the one that crashed is quarantined and no other",
          "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha", "beta"}, "shared.h");
  play.ready(1, "alpha");
  play.live(1, "beta");
  play.tell(module_failed{.change = 1, .module = "beta", .code = error_code::module_crashed});
  const auto moves = play.versions.next(12);
  CHECK(text_lines(moves.end() - 2, moves.end()) ==
        text_lines{"advance_version 1 alpha to unloaded", "advance_version 1 beta to quarantined"});
}

TEST_CASE("a newer edit takes an older one's place and rebuilds its modules too", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha", "beta"});
  play.built(1, "alpha");
  play.edit({"beta"});
  CHECK(play.tools.next() == text_lines{"change_report 1 superseded change_superseded"});
  CHECK(play.builds.next(5) == text_lines{"build_requested 1 alpha", "build_requested 1 beta",
                                          "build_cancelled 1", "build_requested 2 beta",
                                          "build_requested 2 alpha"});
  play.built(1, "beta"); // it was on its way; nobody wants it any more
  play.ready(2, "beta");
  play.ready(2, "alpha");
  CHECK(play.integration.next() == text_lines{"stage_requested 2 beta#2 alpha#2"});
}

TEST_CASE("an edit of another module leaves the older change alone, and both are staged one after the other",
          "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha"});
  play.edit({"beta"});
  play.ready(2, "beta");
  CHECK(play.integration.next() == text_lines{"stage_requested 2 beta#2"});
  play.ready(1, "alpha");
  play.staged(2);
  CHECK(play.integration.unread().empty());
  play.swapped(2);
  CHECK(play.integration.next() == text_lines{"stage_requested 1 alpha#2"});
  play.staged(1);
  play.swapped(1);
  CHECK(play.tools.next(2) == text_lines{"change_report 2 live ok", "change_report 1 live ok"});
}

TEST_CASE("an edit that is on its way to the boundary is not taken back by a newer one", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"alpha"});
  play.ready(1, "alpha");
  CHECK(play.integration.next() == text_lines{"stage_requested 1 alpha#2"});
  play.edit({"alpha"});
  play.staged(1);
  play.swapped(1);
  play.live(2, "alpha");
  CHECK(play.tools.next(2) == text_lines{"change_report 1 live ok", "change_report 2 live ok"});
}

TEST_CASE("a swap that another one overtook is prepared again", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"beta"});
  play.ready(1, "beta");
  play.staged(1);
  play.swapped(1, error_code::swap_overtaken);
  CHECK(play.integration.next(2) == text_lines{"stage_requested 1 beta#2", "stage_requested 1 beta#2"});
  play.staged(1);
  play.swapped(1);
  CHECK(play.tools.next() == text_lines{"change_report 1 live ok"});
  CHECK(play.versions.next(5) == text_lines{"advance_version 1 beta to building",
                                            "advance_version 1 beta to built", "verify_requested 1 beta",
                                            "advance_version 1 beta to staged",
                                            "advance_version 1 beta to probation"});
}

TEST_CASE("a swap that is overtaken again and again fails, and its good build is not quarantined",
          "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"beta"});
  play.ready(1, "beta");
  for (int i = 0; i < 5; ++i) {
    play.staged(1);
    play.swapped(1, error_code::swap_overtaken);
  }
  CHECK(play.tools.next() == text_lines{"change_report 1 failed swap_overtaken"});
  CHECK(play.versions.next(5).back() == "advance_version 1 beta to unloaded");
}

TEST_CASE("a change of the tuning file asks the asset pipeline and no compiler", "[concurrent]") {
  orchestra play;
  play.open();
  play.tell(change_found{.tuning = true, .files = "tuning.toml"});
  CHECK(play.peer("asset_pipeline").next() == text_lines{"tuning_changed 1"});
  SECTION("good values are live when the clock has set them") {
    play.swapped(1);
    CHECK(play.tools.next() == text_lines{"change_report 1 live ok"});
    CHECK(play.tools.last<change_report>().files == "tuning.toml");
  }
  SECTION("bad values are refused") {
    play.swapped(1, error_code::bad_tuning);
    CHECK(play.tools.next() == text_lines{"change_report 1 refused bad_tuning"});
  }
  CHECK(play.builds.unread().empty());
}

TEST_CASE("edits that come before the game is open wait until it is", "[concurrent]") {
  orchestra play;
  play.tell(open_game{});
  play.edit({"beta"});
  for (const auto* module : {"alpha", "beta"}) play.ready(0, module);
  play.staged(0);
  CHECK(play.builds.next(3) ==
        text_lines{"build_requested 0 alpha", "build_requested 0 beta", "build_requested 1 beta"});
}

TEST_CASE("an edit that no build can answer is reported as a change of its own", "[concurrent]") {
  orchestra play;
  play.open();
  play.tell(edit_refused{"game.toml", error_code::restart_needed, "restart", 5});
  play.tell(edit_refused{"toy", error_code::watch_failed, "gone", 6});
  CHECK(play.tools.next(2) ==
        text_lines{"change_report 1 refused restart_needed", "change_report 2 failed watch_failed"});
  CHECK(play.tools.last<change_report>().files == "toy");
  CHECK(play.tools.last<change_report>().text == "gone");
  CHECK(play.builds.unread().empty());
}

TEST_CASE("in safe mode a change is refused before anything is built", "[concurrent]") {
  orchestra play;
  play.open();
  play.tell(escalation{});
  play.edit({"beta"});
  CHECK(play.tools.next() == text_lines{"change_report 1 refused safe_mode"});
  CHECK(play.builds.unread().empty());
  CHECK(play.versions.next() == text_lines{"advance_version 1 beta to unloaded"});
}

TEST_CASE("a killed orchestrator goes on with the changes that it had", "[concurrent]") {
  orchestra play;
  play.open();
  play.edit({"beta"});
  play.built(1, "beta");
  play.versions.next(3);
  play.actors()->kill("orchestrator", "a test");
  play.verified(1, "beta");
  CHECK(play.integration.next() == text_lines{"stage_requested 1 beta#2"});
}
