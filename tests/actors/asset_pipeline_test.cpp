#include "support/toy.hpp"
#include "vesta/actors/actors.hpp"

using namespace vesta;
using namespace vesta::test;
using text_lines = std::vector<std::string>;
using Catch::Matchers::Contains;

namespace {

struct assets : among_recorders<asset_pipeline_actor> {
  explicit assets(std::optional<std::string> tuning)
      : among_recorders(
            asset_pipeline_spec(),
            {recorder_of<orchestrator_actor>("orchestrator"), recorder_of<frame_clock_actor>("frame_clock")},
            [&](toy_session& toy) {
              REQUIRE(toy.files.make_directory("/toy").ok());
              if (tuning) REQUIRE(toy.files.write("/toy/tuning.toml", *tuning).ok());
            }) {
    tell(tuning_changed{4});
  }

  heard& orchestrator = peer("orchestrator");
  heard& clock = peer("frame_clock");
  std::string refusal(const std::string& code) {
    CHECK(orchestrator.next() == text_lines{"swap_finished 4 " + code});
    CHECK(clock.unread().empty());
    return orchestrator.last<swap_finished>().text;
  }
};

} // namespace

TEST_CASE("good values go to the clock, which answers for them at its boundary", "[concurrent]") {
  assets play{"speed = 2.5\n"};
  CHECK(play.clock.next() == text_lines{"set_parameters 4 speed=2.5"});
  CHECK(play.orchestrator.unread().empty());
}

TEST_CASE("what the tuning file leaves out has its default again", "[concurrent]") {
  assets play{"# nothing\n"};
  CHECK(play.clock.next() == text_lines{"set_parameters 4 speed=1"});
}

TEST_CASE("a value out of its bounds is refused with file and name", "[concurrent]") {
  assets play{"speed = 11\n"};
  CHECK_THAT(play.refusal("bad_tuning"), Contains("/toy/tuning.toml") && Contains("speed"));
}

TEST_CASE("an unknown name is refused and the nearest known one told", "[concurrent]") {
  assets play{"sped = 1\n"};
  CHECK_THAT(play.refusal("bad_tuning"), Contains("sped") && Contains("speed"));
}

TEST_CASE("what is no TOML is refused with its line", "[concurrent]") {
  assets play{"speed = 1\nspeed = = 2\n"};
  CHECK_THAT(play.refusal("bad_tuning"), Contains("/toy/tuning.toml:2"));
}

TEST_CASE("a tuning file that is gone is refused by its path", "[concurrent]") {
  assets play{std::nullopt};
  CHECK_THAT(play.refusal("asset_unreadable"), Contains("/toy/tuning.toml"));
}
