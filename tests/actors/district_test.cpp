#include "support/toy_world.hpp"
#include "vesta/actors/actors.hpp"

using namespace vesta;
using namespace vesta::test;
using text_lines = std::vector<std::string>;
using Catch::Matchers::Contains;

namespace {

/// District 1 of 2.
struct quarter : among_recorders<district_actor> {
  explicit quarter(toy_modules::entry first = toy_modules::alpha)
      : among_recorders(district_spec(1), {recorder_of<frame_clock_actor>("frame_clock")},
                        [first](toy_session& toy) { toy_modules::make_world(toy, first); }) {}

  heard& clock = peer("frame_clock");
};

} // namespace

TEST_CASE("a district steps its own rows and no others", "[concurrent]") {
  quarter play;
  play.tell(step{.token = 5, .stage = 0});
  CHECK(play.clock.next() == text_lines{"stepped by 1 ok"});
  CHECK(play.clock.last<stepped>().token == 5);
  const auto& columns = play.toy().slot.get()->columns();
  const auto* heat = reinterpret_cast<const std::uint32_t*>(columns.find({"things", "heat"})->live->data());
  CHECK(std::count(heat, heat + 128, 1U) == 128);
  CHECK(std::count(heat + 128, heat + 256, 2U) == 128);
}

TEST_CASE("a module's own error comes back with its module and its sentence", "[concurrent]") {
  quarter play{toy_modules::alpha_that_fails};
  play.tell(step{.token = 6, .stage = 0});
  CHECK(play.clock.next() == text_lines{"stepped by 1 module_reported"});
  const auto done = play.clock.last<stepped>();
  CHECK(done.module == "alpha");
  CHECK_THAT(done.text, Contains("too hot"));
}

TEST_CASE("a module that crashes costs its district nothing but the report", "[concurrent]") {
  quarter play{toy_modules::alpha_that_crashes};
  play.tell(step{.token = 7, .stage = 0});
  play.tell(step{.token = 8, .stage = 0});
  CHECK(play.clock.next(2) == text_lines{"stepped by 1 module_crashed", "stepped by 1 module_crashed"});
  CHECK_THAT(play.clock.last<stepped>().text, Contains("SIGSEGV"));
  CHECK(play.actors().log.failures().empty());
}

TEST_CASE("a killed district goes on with the step that it is sent next", "[concurrent]") {
  quarter play;
  play.tell(step{.token = 1, .stage = 0});
  play.clock.next();
  play.actors()->kill("district_1", "a test");
  play.tell(step{.token = 2, .stage = 0});
  CHECK(play.clock.next() == text_lines{"stepped by 1 ok"});
  CHECK(play.clock.last<stepped>().token == 2);
}
