#include "support/toy_world.hpp"
#include "vesta/actors/actors.hpp"

using namespace vesta;
using namespace vesta::test;
using text_lines = std::vector<std::string>;
using Catch::Matchers::Contains;

namespace {

void one_frame_a_second(toy_session& toy) {
  toy.about.game.rate_hz = 1;
  toy.about.game.budget_ms = 1000;
}

/// The frame clock; the test is both districts. Alpha is stage 0 and split among them, beta is stage 1 and
/// district 0's.
struct beat : among_recorders<frame_clock_actor> {
  explicit beat(const std::function<void(toy_session&)>& adjust = {})
      : among_recorders(frame_clock_spec(),
                        {recorder_of<district_actor>("district_0"), recorder_of<district_actor>("district_1"),
                         recorder_of<orchestrator_actor>("orchestrator"),
                         recorder_of<developer_tools_actor>("developer_tools")},
                        [&](toy_session& toy) {
                          if (adjust) adjust(toy);
                          toy_modules::make_world(toy);
                        }) {}

  heard& first = peer("district_0");
  heard& second = peer("district_1");
  heard& orchestrator = peer("orchestrator");
  heard& tools = peer("developer_tools");
  world& game() { return *toy().slot.get(); }

  void answer(const step& order, std::uint32_t district, error_code code = error_code::none) {
    game().step(order.stage, district);
    tell(stepped{.token = order.token,
                 .district = district,
                 .took_ns = 1,
                 .code = code,
                 .module = "alpha",
                 .text = "a test"});
  }
  /// The order that this district got next.
  step ordered(heard& district, const std::string& line) {
    CHECK(district.next() == text_lines{line});
    return district.last<step>();
  }
  void take_a_frames_time() { toy().time.advance(static_cast<std::int64_t>(1e9 / toy().about.game.rate_hz)); }
  void alpha_stage(error_code code = error_code::none) {
    answer(ordered(first, "step 0"), 0);
    answer(ordered(second, "step 0"), 1, code);
  }
  /// The last answer comes when the frame's time is just over, so that the next frame is due at once.
  void beta_stage() {
    const auto order = ordered(first, "step 1");
    take_a_frames_time();
    answer(order, 0);
  }
  std::string frame() {
    alpha_stage();
    beta_stage();
    return tools.next().front();
  }
  void failing_frame() {
    take_a_frames_time();
    alpha_stage(error_code::module_crashed);
    CHECK_THAT(tools.next().front(), Contains("module_crashed"));
    CHECK_THAT(tools.next().front(), Contains("frame_done"));
  }
  /// Alpha with one column more, made ready for the boundary.
  std::shared_ptr<prepared_swap> swap(toy_modules::entry next = toy_modules::alpha_with_smoke,
                                      std::uint64_t number = 2) {
    auto made = game().prepare_swap({{.descriptor = next(), .number = number}});
    REQUIRE(made.ok());
    return std::move(*made);
  }
  std::uint64_t alpha_version() { return game().module(0).version.number; }
};

} // namespace

TEST_CASE("a frame is its stages in order, each when all districts have answered the one before",
          "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  play.answer(play.ordered(play.first, "step 0"), 0);
  const auto late = play.ordered(play.second, "step 0");
  CHECK(play.first.unread().empty());
  play.answer(late, 1);
  play.beta_stage();
  CHECK(play.tools.next() == text_lines{"frame_done 1"});
  CHECK(play.frame() == "frame_done 2");
}

TEST_CASE("answers to an earlier stage do not count for the one at hand", "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  const auto old = play.ordered(play.first, "step 0");
  play.answer(old, 0);
  play.answer(play.ordered(play.second, "step 0"), 1);
  const auto order = play.ordered(play.first, "step 1");
  play.tell(stepped{.token = old.token, .district = 1});
  play.tell(
      stepped{.token = old.token, .district = 1, .code = error_code::module_crashed, .module = "alpha"});
  play.answer(order, 0);
  CHECK(play.tools.next() == text_lines{"frame_done 1"});
  CHECK(play.orchestrator.unread().empty());
}

TEST_CASE("a frame that took longer than its budget is late, and its slowest stage is named",
          "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  const auto one = play.ordered(play.first, "step 0"), other = play.ordered(play.second, "step 0");
  play.toy().time.advance(3'000'000);
  play.tell(stepped{.token = one.token, .district = 0, .took_ns = 1'000'000});
  play.tell(stepped{.token = other.token, .district = 1, .took_ns = 3'000'000});
  play.answer(play.ordered(play.first, "step 1"), 0);
  CHECK(play.tools.next() == text_lines{"frame_done 1 late"});
  CHECK(play.tools.last<frame_done>().why == "alpha in district 1, 3.0 ms");
  CHECK(play.tools.last<frame_done>().took_ns == 3'000'000);
  CHECK(play.tools.last<frame_done>().steps_ns == std::vector<std::int64_t>{3'000'000, 1});
}

TEST_CASE("a swap waits for the boundary, and its probation for the frames that it was given",
          "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  play.alpha_stage();
  play.tell(apply_swap{8, play.swap()});
  const auto order = play.ordered(play.first, "step 1");
  CHECK(play.alpha_version() == 1);
  play.answer(order, 0);
  CHECK(play.tools.next() == text_lines{"frame_done 1 swapped"});
  CHECK(play.orchestrator.next() == text_lines{"swap_finished 8 ok"});
  CHECK(play.orchestrator.last<swap_finished>().frame == 1);
  CHECK(play.alpha_version() == 2);
  CHECK(play.frame() == "frame_done 2");
  CHECK(play.orchestrator.unread().empty());
  CHECK(play.frame() == "frame_done 3");
  CHECK(play.orchestrator.next() == text_lines{"probation_passed 8"});
  CHECK_FALSE(play.game().on_probation());
}

TEST_CASE("a crash on probation puts code and state back to the moment of the swap", "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  play.alpha_stage();
  play.tell(apply_swap{8, play.swap()});
  play.beta_stage();
  CHECK(play.tools.next() == text_lines{"frame_done 1 swapped"});
  CHECK(play.orchestrator.next() == text_lines{"swap_finished 8 ok"});
  CHECK(play.frame() == "frame_done 2");
  play.failing_frame();
  CHECK(play.orchestrator.next() == text_lines{"module_failed 8 alpha module_crashed"});
  const auto news = play.orchestrator.last<module_failed>();
  CHECK(news.frame == 2);
  CHECK(news.frames_back == 1);
  CHECK(news.frames_lost == 2); // the one that failed is lost, too
  CHECK(play.alpha_version() == 1);
  CHECK_FALSE(play.game().module(0).parked);
  const auto* heat =
      reinterpret_cast<const std::uint32_t*>(play.game().columns().find({"things", "heat"})->live->data());
  CHECK(std::count(heat, heat + 256, 2U) == 256);
  CHECK(play.frame() == "frame_done 2");
}

TEST_CASE("a hang loses the frames that were due while it lasted", "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  CHECK(play.frame() == "frame_done 1");
  const auto one = play.ordered(play.first, "step 0"), other = play.ordered(play.second, "step 0");
  for (int i = 0; i < 30; ++i) play.take_a_frames_time();
  play.answer(one, 0);
  play.answer(other, 1, error_code::module_hung);
  CHECK(play.orchestrator.next() == text_lines{"module_failed 0 alpha module_hung"});
  const auto news = play.orchestrator.last<module_failed>();
  CHECK(news.frames_back == 1); // to the opening
  CHECK(news.frames_lost == 31);
}

TEST_CASE("a settled module that crashes is parked, and the others go on from the last checkpoint",
          "[concurrent]") {
  beat play{one_frame_a_second};
  play.tell(begin_frames{});
  for (int i = 1; i <= 6; ++i) { // a checkpoint is due after five seconds
    CHECK(play.frame() == fmt::format("frame_done {}", i));
    play.tools.next(); // the totals
  }
  play.failing_frame();
  play.tools.next();
  CHECK(play.orchestrator.next() == text_lines{"module_failed 0 alpha module_crashed"});
  CHECK(play.orchestrator.last<module_failed>().frames_back == 1);
  CHECK(play.orchestrator.last<module_failed>().frames_lost == 2);
  CHECK(play.game().module(0).parked);
  play.beta_stage();
  CHECK(play.tools.next() == text_lines{"frame_done 6"});

  SECTION("until it gets a new version") {
    play.tools.next();
    play.tell(apply_swap{9, play.swap()});
    play.beta_stage();
    CHECK(play.tools.next() == text_lines{"frame_done 7 swapped"});
    CHECK(play.orchestrator.next() == text_lines{"swap_finished 9 ok"});
    play.tools.next();
    CHECK(play.frame() == "frame_done 8");
  }
}

TEST_CASE("a swap that another one overtook is sent back to be prepared again", "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  play.alpha_stage();
  play.tell(apply_swap{1, play.swap()});
  play.tell(apply_swap{2, play.swap()});
  play.beta_stage();
  CHECK(play.frame() == "frame_done 1 swapped");
  CHECK_THAT(play.frame(), Contains("frame_done"));
  CHECK(play.orchestrator.next(3) ==
        text_lines{"swap_finished 1 ok", "probation_passed 1", "swap_finished 2 swap_overtaken"});
}

TEST_CASE("a new version whose check does not hold never runs a frame", "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  play.alpha_stage();
  play.tell(apply_swap{1, play.swap(toy_modules::alpha_in_doubt)});
  play.beta_stage();
  CHECK(play.orchestrator.next() == text_lines{"swap_finished 1 check_failed"});
  CHECK_THAT(play.orchestrator.last<swap_finished>().text, Contains("a thing is cold"));
  CHECK(play.alpha_version() == 1);
}

TEST_CASE("parameters are set at the boundary, all or none", "[concurrent]") {
  beat play{one_frame_a_second};
  play.tell(begin_frames{});
  play.alpha_stage();
  play.tell(set_parameters{1, {{"speed", 4}}});
  play.tell(set_parameters{2, {{"speed", 99}}});
  play.beta_stage();
  CHECK(play.tools.next(2) == text_lines{"frame_done 1", "totals_seen 1 way=1"});
  CHECK(play.orchestrator.next(2) == text_lines{"swap_finished 1 ok", "swap_finished 2 bad_tuning"});
  play.frame();
  CHECK(play.tools.next() == text_lines{"totals_seen 2 way=5"});
}

TEST_CASE("what the host's threads ask for is done at the boundary, the last of several values",
          "[concurrent]") {
  beat play{one_frame_a_second};
  play.tell(begin_frames{});
  play.alpha_stage();
  for (const double value : {2, 9, 4}) CHECK(play.toy().commands.ring.push({0, value}));
  play.beta_stage();
  CHECK(play.tools.next(2) == text_lines{"frame_done 1", "totals_seen 1 way=1"});
  play.actors()->kill("frame_clock", "a test");
  CHECK(play.toy().commands.ring.push({0, 5}));
  play.frame();
  CHECK(play.tools.next() == text_lines{"totals_seen 2 way=5"});
  play.frame();
  CHECK(play.tools.next() == text_lines{"totals_seen 3 way=10"});
}

TEST_CASE("the end comes when the frame at hand is over, or at once when there is none", "[concurrent]") {
  beat play;
  SECTION("none") {
    play.tell(end_frames{});
    CHECK(play.toy().host.next() == text_lines{"frames_ended"});
  }
  SECTION("one at hand, and frames can begin anew") {
    play.tell(begin_frames{});
    play.alpha_stage();
    play.tell(end_frames{});
    const auto order = play.ordered(play.first, "step 1");
    CHECK(play.toy().host.unread().empty());
    play.answer(order, 0);
    CHECK(play.tools.next() == text_lines{"frame_done 1"});
    CHECK(play.toy().host.next() == text_lines{"frames_ended"});
    play.tell(begin_frames{});
    CHECK(play.frame() == "frame_done 2");
  }
}

TEST_CASE("a clock that is killed goes on with the frame at hand", "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  const auto one = play.ordered(play.first, "step 0"), other = play.ordered(play.second, "step 0");
  play.answer(one, 0);
  play.actors()->kill("frame_clock", "a test");
  play.answer(other, 1);
  play.beta_stage();
  CHECK(play.tools.next() == text_lines{"frame_done 1"});
  CHECK(play.frame() == "frame_done 2");
}

TEST_CASE("a swap that waits for the boundary when the clock is killed is published there", "[concurrent]") {
  beat play;
  play.tell(begin_frames{});
  play.alpha_stage();
  play.tell(apply_swap{1, play.swap()});
  play.actors()->kill("frame_clock", "a test");
  play.beta_stage();
  CHECK(play.tools.next() == text_lines{"frame_done 1 swapped"});
  CHECK(play.orchestrator.next() == text_lines{"swap_finished 1 ok"});
}
