#include "support/toy_world.hpp"
#include "vesta/actors/actors.hpp"

using namespace vesta;
using namespace vesta::test;
using text_lines = std::vector<std::string>;
using Catch::Matchers::Contains;

namespace {

/// The runtime integration; an image's bytes are the name of one of the toy's modules.
struct dock : among_recorders<runtime_integration_actor> {
  dock()
      : among_recorders(
            runtime_integration_spec(),
            {recorder_of<orchestrator_actor>("orchestrator"), recorder_of<frame_clock_actor>("frame_clock")},
            [](toy_session& toy) {
              using namespace toy_modules;
              const auto add = [&](const char* image, entry entry_point) {
                toy.libraries.add(image, {{"vesta_module_entry", reinterpret_cast<void*>(entry_point)}});
              };
              add("alpha", alpha);
              add("beta", beta);
              add("with smoke", alpha_with_smoke);
              add("in doubt", alpha_in_doubt);
              add("of another game", alpha_of_another_game);
              add("of another interface", alpha_of_another_interface);
              add("without a descriptor", [] { return static_cast<const vesta_module*>(nullptr); });
              toy.libraries.add("without an entry", {});
            }) {}

  heard& orchestrator = peer("orchestrator");
  heard& clock = peer("frame_clock");

  void open(const std::string& alpha_image = "alpha") {
    tell(stage_requested{0, {{"alpha", 1, alpha_image}, {"beta", 1, "beta"}}});
  }
  /// The sentence with which opening the game with this image as its alpha is refused.
  std::string refusal(const std::string& alpha_image, const std::string& code) {
    open(alpha_image);
    CHECK(orchestrator.next() == text_lines{"stage_finished 0 " + code});
    CHECK(toy().slot.get() == nullptr);
    return orchestrator.last<stage_finished>().text;
  }
};

} // namespace

TEST_CASE("the first staging makes the world", "[concurrent]") {
  dock play;
  play.open();
  CHECK(play.orchestrator.next() == text_lines{"stage_finished 0 ok"});
  REQUIRE(play.toy().slot.get() != nullptr);
  CHECK(play.toy().slot.get()->stages() == 2);
  CHECK(play.clock.unread().empty());
}

TEST_CASE("a game that cannot be opened is refused with a sentence, and there is no world", "[concurrent]") {
  dock play;
  CHECK_THAT(play.refusal("nobody's bytes", "load_failed"), Contains("alpha"));
  CHECK_THAT(play.refusal("without an entry", "module_refused"),
             Contains("alpha: vesta_module_entry gives no descriptor"));
  CHECK_THAT(play.refusal("without a descriptor", "module_refused"), Contains("alpha: vesta_module_entry"));
  CHECK_THAT(play.refusal("of another game", "module_refused"), Contains("clouds"));
  CHECK_THAT(play.refusal("of another interface", "module_refused"),
             Contains("alpha: a module was built for module interface 7 and this host has 1"));
  CHECK_THAT(play.refusal("in doubt", "check_failed"), Contains("a thing is cold"));
  play.open(); // and a good one still can be
  CHECK(play.orchestrator.next() == text_lines{"stage_finished 0 ok"});
}

TEST_CASE("a later staging hands the clock a swap and leaves the running code alone", "[concurrent]") {
  dock play;
  play.open();
  play.tell(stage_requested{1, {{"alpha", 2, "with smoke"}}});
  CHECK(play.orchestrator.next(2).back() == "stage_finished 1 ok");
  CHECK(play.clock.next() == text_lines{"apply_swap 1"});
  auto& game = *play.toy().slot.get();
  CHECK(game.module(0).version.number == 1);
  CHECK(game.publish(*play.clock.last<apply_swap>().swap).ok());
  CHECK(game.module(0).version.number == 2);
  CHECK(game.module(0).columns.size() == 2);
}

TEST_CASE("a swap that does not fit is refused and the clock hears nothing of it", "[concurrent]") {
  dock play;
  play.open();
  play.tell(stage_requested{1, {{"alpha", 2, "of another game"}}});
  play.tell(stage_requested{2, {{"alpha", 3, "torn"}}});
  CHECK(play.orchestrator.next(3) ==
        text_lines{"stage_finished 0 ok", "stage_finished 1 module_refused", "stage_finished 2 load_failed"});
  play.tell(stage_requested{3, {{"alpha", 4, "with smoke"}}});
  CHECK(play.clock.next() == text_lines{"apply_swap 3"});
}

TEST_CASE("a killed runtime integration finds the world where it was", "[concurrent]") {
  dock play;
  play.open();
  play.orchestrator.next();
  auto* game = play.toy().slot.get();
  play.actors()->kill("runtime_integration", "a test");
  play.tell(stage_requested{1, {{"alpha", 2, "with smoke"}}});
  CHECK(play.clock.next() == text_lines{"apply_swap 1"});
  CHECK(play.toy().slot.get() == game);
}
