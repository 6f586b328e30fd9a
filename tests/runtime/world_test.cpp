#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <thread>

#include "runtime/fake_module.hpp"
#include "vesta/runtime/world.hpp"

using namespace vesta;
using namespace vesta;
using Catch::Matchers::Contains;
using tests::fake_module;

namespace {

constexpr std::uint64_t tile_count = 10'000;

world_options options(std::uint32_t districts = 2) {
  world_options made;
  made.game = *parse_game(R"(name = "city"
[frame]
rate_hz = 50
[parameters.heat]
default = 1
min = 0
max = 10
[parameters.tiles]
default = 10000
min = 1
max = 10000
[parameters.map]
file = ""
[tables.tiles]
rows = "tiles"
[[modules]]
name = "fire"
source = "fire.cpp"
[[modules]]
name = "power"
source = "power.cpp"
)",
                          "g.toml");
  made.districts = districts;
  made.seed = 42;
  return made;
}

template <class T>
T* cells(const vesta_frame* frame, int column = 0) {
  return static_cast<T*>(frame->columns[column]);
}

/// Mixes row and frame into its column, so that the state depends on every step and on nothing else.
int burn(const vesta_frame* frame) {
  for (auto row = frame->begin; row < frame->end; ++row)
    cells<std::uint32_t>(frame)[row] =
        cells<std::uint32_t>(frame)[row] * 31 + static_cast<std::uint32_t>(row * frame->number);
  return 0;
}

/// Half-way through its rows it writes to nowhere.
int crash_half_way(const vesta_frame* frame) {
  burn(frame);
  volatile std::uintptr_t nowhere = 16;
  *reinterpret_cast<volatile int*>(nowhere) = 1;
  return 0;
}

fake_module fire_module() {
  fake_module fire("fire");
  fire.column("tiles", "burning", VESTA_OWN, VESTA_U32, 3);
  fire.descriptor.table = "tiles";
  fire.descriptor.step = burn;
  return fire;
}

fake_module power_module() {
  fake_module power("power");
  power.column("tiles", "volts", VESTA_OWN, VESTA_U8, 1);
  return power;
}

/// Runs frames until one fails.
std::optional<fault> run(world& game, int frames) {
  for (int i = 0; i < frames; ++i) {
    for (std::size_t stage = 0; stage < game.stages(); ++stage)
      for (std::uint32_t district = 0; district < game.districts(); ++district)
        if (auto what = game.step(stage, district)) return what;
    game.end_frame();
  }
  return {};
}

struct running_world {
  explicit running_world(std::uint32_t districts = 2)
      : game(*world::create(options(districts), {power.version(), fire.version()})) {
    REQUIRE_FALSE(game->init());
  }

  template <class T>
  const T* column(const char* name) const {
    return reinterpret_cast<const T*>(game->columns().find({"tiles", name})->live->data());
  }

  fake_module fire = fire_module(), power = power_module();
  std::unique_ptr<world> game;
};

std::string message(const absl::Status& status) { return std::string(status.message()); }

} // namespace

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
  CHECK_THAT(message(world::create(options(), {fire.version()}).status()),
             Contains("module \"power\" of g.toml was not"));
  auto power = power_module();
  CHECK_THAT(message(world::create(options(0), {fire.version(), power.version()}).status()),
             Contains("0 districts"));
  CHECK_THAT(message(world::create(options(), {fire.version(), fire.version()}).status()),
             Contains("is there twice"));
  fake_module water("water");
  CHECK_THAT(message(world::create(options(), {fire.version(), water.version()}).status()),
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
  const auto game = *world::create(options(), {power.version(), fire.version()});
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
  auto with = options();
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
    const auto game = *world::create(options(), {fire.version(), power.version()});
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

TEST_CASE("a crash in step goes back to the old code and a state that is the same in every byte") {
  running_world that;
  REQUIRE_FALSE(run(*that.game, 5));
  auto next = fire_module();
  next.descriptor.step = crash_half_way;
  const auto before = that.game->digest();
  REQUIRE(that.game->publish(**that.game->prepare_swap({next.version(2)})).ok());
  CHECK(that.game->on_probation());
  const auto what = run(*that.game, 1);
  REQUIRE(what);
  REQUIRE(what->crash);
  CHECK(what->module == "fire");
  CHECK(what->version == 2);
  CHECK(what->crash->address == 16);
  CHECK(that.game->digest() != before);
  that.game->roll_back();
  CHECK(that.game->digest() == before);
  CHECK(that.game->frame() == 5);
  CHECK(that.game->module(0).version.number == 1);
  CHECK_FALSE(that.game->on_probation());
  REQUIRE_FALSE(run(*that.game, 5));
  running_world undisturbed;
  REQUIRE_FALSE(run(*undisturbed.game, 10));
  CHECK(that.game->digest() == undisturbed.game->digest());
}

TEST_CASE("the same layout keeps every column's pointer") {
  running_world that;
  const auto* before = that.column<std::uint32_t>("burning");
  auto next = fire_module();
  REQUIRE(that.game->publish(**that.game->prepare_swap({next.version(2)})).ok());
  that.game->commit();
  CHECK(that.column<std::uint32_t>("burning") == before);
  CHECK(that.game->module(0).version.number == 2);
}

TEST_CASE("an added column is there with its initial value and gone after a roll-back") {
  running_world that;
  REQUIRE_FALSE(run(*that.game, 3));
  const auto before = that.game->digest();
  auto next = fire_module();
  next.column("tiles", "smoke", VESTA_OWN, VESTA_F32, 0.25);
  next.descriptor.step = [](const vesta_frame* frame) {
    return cells<float>(frame, 1)[frame->end - 1] == 0.25f ? burn(frame) : 0x7001;
  };
  const auto swap = *that.game->prepare_swap({next.version(2)});
  CHECK(swap->conversions() == 0);
  REQUIRE(that.game->publish(*swap).ok());
  REQUIRE_FALSE(run(*that.game, 2));
  CHECK(that.column<float>("smoke")[tile_count - 1] == 0.25f);
  that.game->roll_back();
  CHECK(that.game->columns().find({"tiles", "smoke"}) == nullptr);
  CHECK(that.game->digest() == before);
}

TEST_CASE("a column's new type is refused with both types where values would be lost") {
  running_world that;
  fake_module next("fire");
  next.column("tiles", "burning", VESTA_OWN, VESTA_U16);
  const auto swap = that.game->prepare_swap({next.version(2)});
  CHECK_THAT(message(swap.status()), Contains("column tiles.burning from u32 into u16"));
}

TEST_CASE("a widened column holds what frames wrote between prepare and publish") {
  running_world that;
  fake_module next("fire");
  next.column("tiles", "burning", VESTA_OWN, VESTA_U64);
  const auto swap = *that.game->prepare_swap({next.version(2)});
  CHECK(swap->conversions() == 1);
  REQUIRE_FALSE(run(*that.game, 4));
  const std::uint64_t last = that.column<std::uint32_t>("burning")[tile_count - 1];
  const auto before = that.game->digest();
  REQUIRE(that.game->publish(*swap).ok());
  CHECK(that.column<std::uint64_t>("burning")[tile_count - 1] == last);
  that.game->roll_back();
  CHECK(that.game->digest() == before);
}

TEST_CASE("a module carries over by itself what does not widen") {
  running_world that;
  fake_module next("fire");
  next.column("tiles", "burning", VESTA_OWN_CONST, VESTA_U8);
  next.descriptor.migrate = [](const vesta_migration* what) {
    if (what->old_type != VESTA_U32 || what->new_type != VESTA_U8 || what->rows != tile_count) return 0x7001;
    for (std::uint64_t row = 0; row < what->rows; ++row)
      static_cast<std::uint8_t*>(what->new_data)[row] =
          static_cast<std::uint8_t>(static_cast<const std::uint32_t*>(what->old_data)[row] * 2);
    return 0;
  };
  REQUIRE(that.game->publish(**that.game->prepare_swap({next.version(2)})).ok());
  CHECK(that.column<std::uint8_t>("burning")[77] == 6);
}

TEST_CASE("a swap whose migrate or check fails leaves everything as it was") {
  running_world that;
  REQUIRE_FALSE(run(*that.game, 3));
  const auto before = that.game->digest();
  fake_module next("fire");
  SECTION("migrate returns an error") {
    next.column("tiles", "burning", VESTA_OWN, VESTA_U8);
    next.descriptor.migrate = [](const vesta_migration* what) {
      what->host->fail(nullptr, "cannot be smaller");
      return 0x7005;
    };
    CHECK_THAT(message(that.game->publish(**that.game->prepare_swap({next.version(2)}))),
               Contains("migrate") && Contains("0x7005: cannot be smaller"));
  }
  SECTION("check crashes") {
    next = fire_module();
    next.descriptor.check = crash_half_way;
    CHECK_THAT(message(that.game->publish(**that.game->prepare_swap({next.version(2)}))), Contains("check"));
  }
  CHECK(that.game->digest() == before);
  CHECK(that.game->module(0).version.number == 1);
  CHECK_FALSE(that.game->on_probation());
  CHECK_FALSE(run(*that.game, 3));
}

TEST_CASE("a swap of two modules of which one is refused leaves both") {
  running_world that;
  const auto before = that.game->digest();
  auto fire = fire_module(), power = power_module();
  fire.column("tiles", "smoke", VESTA_OWN, VESTA_F32);
  power.imports = {{"fire.put_out", "void(void)"}};
  const auto swap = that.game->prepare_swap({fire.version(2), power.version(2)});
  CHECK_THAT(message(swap.status()), Contains("imports fire.put_out, which no module exports"));
  CHECK(that.game->digest() == before);
  CHECK(that.game->module(0).version.number == 1);
  CHECK(that.game->module(1).version.number == 1);
}

TEST_CASE("modules that need each other's next version are swapped together") {
  running_world that;
  auto fire = fire_module(), power = power_module();
  fire.column("tiles", "smoke", VESTA_OWN, VESTA_F32);
  fire.exports = {{"fire.level", "int(void)", reinterpret_cast<void (*)()>(+[] { return 11; })}};
  power.column("tiles", "smoke", VESTA_READ, VESTA_F32);
  power.imports = {{"fire.level", "int(void)"}};
  power.descriptor.step = [](const vesta_frame* frame) {
    cells<std::uint8_t>(frame)[0] =
        static_cast<std::uint8_t>(reinterpret_cast<int (*)()>(frame->imports[0])());
    return 0;
  };
  REQUIRE_FALSE(that.game->prepare_swap({power.version(2)}).ok());
  REQUIRE(that.game->publish(**that.game->prepare_swap({power.version(2), fire.version(2)})).ok());
  REQUIRE_FALSE(run(*that.game, 1));
  CHECK(that.column<std::uint8_t>("volts")[0] == 11);
  auto without = fire_module();
  that.game->commit();
  CHECK_THAT(message(that.game->prepare_swap({without.version(3)}).status()), Contains("tiles.smoke"));
}

TEST_CASE("a swap is refused while another is on probation and after another was published") {
  running_world that;
  auto fire = fire_module(), power = power_module();
  const auto first = *that.game->prepare_swap({fire.version(2)});
  const auto second = *that.game->prepare_swap({power.version(2)});
  REQUIRE(that.game->publish(*first).ok());
  CHECK(that.game->publish(*second).code() == absl::StatusCode::kFailedPrecondition);
  CHECK(that.game->refresh_checkpoint().code() == absl::StatusCode::kFailedPrecondition);
  that.game->commit();
  CHECK(that.game->publish(*second).code() == absl::StatusCode::kAborted);
  CHECK(that.game->publish(*first).code() == absl::StatusCode::kAborted);
  REQUIRE(that.game->publish(**that.game->prepare_swap({power.version(2)})).ok());
}

TEST_CASE("without a probation a roll-back returns to the last checkpoint") {
  running_world that;
  REQUIRE_FALSE(run(*that.game, 4));
  REQUIRE(that.game->refresh_checkpoint().ok());
  const auto before = that.game->digest();
  REQUIRE_FALSE(run(*that.game, 3));
  that.game->roll_back();
  CHECK(that.game->frame() == 4);
  CHECK(that.game->digest() == before);
}

TEST_CASE("a parked module is left out until it gets a new version") {
  running_world that;
  that.game->park(0);
  const auto before = that.game->digest();
  REQUIRE_FALSE(run(*that.game, 3));
  CHECK(that.game->digest() == before);
  auto power = power_module();
  REQUIRE(that.game->publish(**that.game->prepare_swap({power.version(2)})).ok());
  CHECK(that.game->module(0).parked);
  that.game->commit();
  auto fire = fire_module();
  REQUIRE(that.game->publish(**that.game->prepare_swap({fire.version(2)})).ok());
  CHECK_FALSE(that.game->module(0).parked);
  REQUIRE_FALSE(run(*that.game, 1));
  CHECK(that.game->digest() != before);
  that.game->roll_back();
  CHECK(that.game->module(0).parked);
}

TEST_CASE("writing to a constant column is a crash that names it") {
  fake_module fire("fire");
  fire.column("tiles", "burning", VESTA_OWN_CONST, VESTA_U32);
  fire.descriptor.table = "tiles";
  fire.descriptor.init = [](const vesta_frame* frame) {
    cells<std::uint32_t>(frame)[0] = 5;
    return 0;
  };
  fire.descriptor.step = burn;
  auto power = power_module();
  const auto game = *world::create(options(), {fire.version(), power.version()});
  REQUIRE_FALSE(game->init());
  const auto what = run(*game, 1);
  REQUIRE(what);
  CHECK(what->sentence == "it wrote to the constant column tiles.burning");
}

TEST_CASE("running past the end of a column is a crash that names it") {
  running_world that;
  auto next = fire_module();
  next.descriptor.step = [](const vesta_frame* frame) {
    for (auto row = frame->begin; row < 2 * tile_count; ++row) cells<volatile std::uint32_t>(frame)[row] = 1;
    return 0;
  };
  REQUIRE(that.game->publish(**that.game->prepare_swap({next.version(2)})).ok());
  const auto what = run(*that.game, 1);
  REQUIRE(what);
  CHECK(what->sentence == "it ran past the end of column tiles.burning");
}

TEST_CASE("a column that stops being constant is rolled back, too") {
  fake_module fire("fire");
  fire.column("tiles", "burning", VESTA_OWN_CONST, VESTA_U32, 3);
  auto power = power_module();
  const auto game = *world::create(options(), {fire.version(), power.version()});
  REQUIRE_FALSE(game->init());
  const auto before = game->digest();
  auto next = fire_module();
  REQUIRE(game->publish(**game->prepare_swap({next.version(2)})).ok());
  REQUIRE_FALSE(run(*game, 2));
  CHECK(game->digest() != before);
  game->roll_back();
  CHECK(game->digest() == before);
}

TEST_CASE("an endless loop is abandoned at its limit") {
  auto with = options();
  with.step_limit_ns = 5'000'000;
  auto fire = fire_module(), power = power_module();
  fire.descriptor.step = [](const vesta_frame* frame) {
    for (volatile std::uint64_t i = 0; frame->size != 0;) i = i + 1;
    return 0;
  };
  const auto game = *world::create(std::move(with), {fire.version(), power.version()});
  REQUIRE_FALSE(game->init());
  const auto what = run(*game, 1);
  REQUIRE(what);
  CHECK(what->crash->signal == SIGALRM);
}

TEST_CASE("old versions are disposed of at the commit and freed by collect") {
  static int disposed = 0;
  disposed = 0;
  auto fire = fire_module(), power = power_module(), next = fire_module();
  fire.descriptor.dispose = [](const vesta_frame*) { ++disposed; };
  const auto game = *world::create(options(), {fire.version(), power.version()});
  REQUIRE_FALSE(game->init());
  REQUIRE(game->publish(**game->prepare_swap({next.version(2)})).ok());
  CHECK(disposed == 0);
  CHECK(game->collect() == 0);
  game->commit();
  CHECK(disposed == 1);
  CHECK(game->collect() == 1);
  CHECK_FALSE(run(*game, 2));
}

TEST_CASE("swaps are prepared and old versions collected while frames run") {
  running_world that;
  auto next = fire_module();
  next.column("tiles", "smoke", VESTA_OWN, VESTA_F32, 1);
  const auto version = next.version(2);
  std::atomic<bool> stop = false, refused = false;
  std::thread builder([&] {
    while (!stop) {
      if (!that.game->prepare_swap({version}).ok()) refused = true;
      that.game->collect();
    }
  });
  std::optional<fault> what;
  for (int i = 0; i < 50 && !what; ++i) {
    const auto swap = *that.game->prepare_swap({version});
    if (!that.game->publish(*swap).ok()) break;
    std::thread other([&] { that.game->step(0, 1); });
    what = that.game->step(0, 0);
    other.join();
    that.game->end_frame();
    if (i % 2 == 0) that.game->roll_back();
    that.game->commit();
    if (!that.game->set_parameters({{"heat", i % 10}}).ok()) break;
  }
  stop = true;
  builder.join();
  CHECK_FALSE(what);
  CHECK_FALSE(refused);
  CHECK(that.game->frame() == 25);
}
