#include "runtime/small_world.hpp"

using namespace vesta;
using namespace vesta::test;

TEST_CASE("districts share out all rows at multiples of 64") {
  for (const std::uint64_t rows : {0, 1, 63, 64, 65, 10'000, 1'000'003})
    for (const std::uint32_t districts : {1, 2, 3, 7, 100}) {
      std::uint64_t next = 0;
      for (std::uint32_t district = 0; district < districts; ++district) {
        const auto range = rows_of_district(rows, district, districts);
        REQUIRE(range.begin == next);
        REQUIRE((range.end % 64 == 0 || range.end == rows));
        next = range.end;
      }
      REQUIRE(next == rows);
    }
}

TEST_CASE("a world is refused without one of its modules and without districts") {
  auto fire = fire_module();
  CHECK_THAT(message(world::create(world_setup(), {fire.version()}).status()),
             Contains("module \"power\" of g.toml was not"));
  auto power = power_module();
  CHECK_THAT(message(world::create(world_setup(0), {fire.version(), power.version()}).status()),
             Contains("0 districts"));
  CHECK_THAT(message(world::create(world_setup(), {fire.version(), fire.version()}).status()),
             Contains("is there twice"));
  fake_module water("water");
  CHECK_THAT(message(world::create(world_setup(), {fire.version(), water.version()}).status()),
             Contains("\"water\" is no module of g.toml; known are fire and power"));
}

TEST_CASE("modules run in the game's order with their rows, parameters and time") {
  auto fire = fire_module();
  fire.parameters = {"tiles", "heat"};
  fire.descriptor.init = [](const vesta_frame* frame) {
    const bool all = frame->begin == 0 && frame->end == tile_count && frame->rows[0] == tile_count;
    return all && frame->parameters[0] == 10'000 && frame->seconds == 0.02 ? 0 : 0x7001;
  };
  fire.descriptor.step = [](const vesta_frame* frame) {
    std::fill(cells<std::uint32_t>(frame) + frame->begin, cells<std::uint32_t>(frame) + frame->end,
              static_cast<std::uint32_t>(frame->parameters[1]));
    return 0;
  };
  auto power = power_module();
  power.column("tiles", "burning", VESTA_READ, VESTA_U32);
  power.descriptor.step = [](const vesta_frame* frame) {
    cells<std::uint8_t>(frame)[0] = static_cast<std::uint8_t>(cells<std::uint32_t>(frame, 1)[tile_count - 1]);
    return 0;
  };
  const auto game = *world::create(world_setup(), {power.version(), fire.version()});
  REQUIRE_FALSE(game->init());
  REQUIRE(game->set_parameters({{"heat", 7}}).ok());
  REQUIRE_FALSE(run(*game, 1));
  CHECK(static_cast<int>(game->columns().find({"tiles", "volts"})->live->data()[0]) == 7);
}

TEST_CASE("parameters outside of their bounds change nothing") {
  running_world that;
  CHECK_THAT(message(that.game->set_parameters({{"heat", 11}})), Contains("outside of its bounds 0 to 10"));
  CHECK_THAT(message(that.game->set_parameters({{"heat", std::numeric_limits<double>::quiet_NaN()}})),
             Contains("outside"));
  CHECK_THAT(message(that.game->set_parameters({{"cold", 1}})), Contains("no numeric parameter \"cold\""));
  CHECK_THAT(message(that.game->set_parameters({{"tiles", 5}})), Contains("fixed when the game begins"));
}

TEST_CASE("a file parameter is there for the module that asks") {
  auto with = world_setup();
  with.files["map"] = "roads";
  auto fire = fire_module();
  fire.descriptor.init = [](const vesta_frame* frame) {
    std::uint64_t size = 1;
    if (frame->host->file(frame, "none", &size) != nullptr || size != 0) return 0x7001;
    const auto* bytes = static_cast<const char*>(frame->host->file(frame, "map", &size));
    return std::string_view(bytes, size) == "roads" ? 0 : 0x7002;
  };
  auto power = power_module();
  const auto game = *world::create(std::move(with), {fire.version(), power.version()});
  CHECK_FALSE(game->init());
}

TEST_CASE("an error of a module is a fault with its place and its sentence") {
  running_world that;
  auto next = fire_module();
  next.descriptor.step = [](const vesta_frame* frame) {
    if (frame->district == 0) return 0;
    frame->host->fail(frame, "no water left");
    return 0x7001;
  };
  REQUIRE(that.game->publish(**that.game->prepare_swap({next.version(2)})).ok());
  const auto what = run(*that.game, 1);
  REQUIRE(what);
  CHECK(what->district == 1);
  CHECK(what->code == 0x7001);
  CHECK_FALSE(what->crash);
  CHECK(describe(*what) ==
        "module \"fire\" version 2, step of district 1 in frame 0: error 0x7001: no water left");
}

TEST_CASE("an error of a module outside of its range is a fault that says so") {
  const auto code = GENERATE(5, -1, 0x6FFF, 0x8000);
  const fault what{
      .module = "fire", .function = "step", .version = 2, .code = code, .sentence = "no water left"};
  CHECK(code_of(what) == error_code::module_reported);
  CHECK(
      describe(what) ==
      fmt::format("module \"fire\" version 2, step of district 0 in frame 0: error {:#x}, which is none of a "
                  "module's codes, 0x7000 to 0x7fff: no water left",
                  static_cast<unsigned>(code)));
}

TEST_CASE("the same seed gives the same state however many districts there are") {
  const auto digest = [](std::uint32_t districts) {
    running_world that(districts);
    REQUIRE_FALSE(run(*that.game, 20));
    return that.game->digest();
  };
  const auto one = digest(1);
  CHECK(one == digest(1));
  CHECK(one == digest(2));
  CHECK(one == digest(4));
  CHECK(one == digest(61));
}

TEST_CASE("random numbers differ by frame and district and repeat in each run") {
  const auto seeds = [] {
    auto fire = fire_module();
    fire.descriptor.step = [](const vesta_frame* frame) {
      cells<std::uint32_t>(frame)[frame->number * 2 + frame->district] =
          static_cast<std::uint32_t>(frame->seed);
      return 0;
    };
    auto power = power_module();
    const auto game = *world::create(world_setup(), {fire.version(), power.version()});
    REQUIRE_FALSE(game->init());
    REQUIRE_FALSE(run(*game, 10));
    const auto* data =
        reinterpret_cast<const std::uint32_t*>(game->columns().find({"tiles", "burning"})->live->data());
    return std::vector<std::uint32_t>(data, data + 20);
  };
  auto first = seeds();
  CHECK(first == seeds());
  std::sort(first.begin(), first.end());
  CHECK(std::adjacent_find(first.begin(), first.end()) == first.end());
}
