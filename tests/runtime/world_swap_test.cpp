#include "runtime/small_world.hpp"

using namespace vesta;
using namespace vesta::test;

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
  const auto game = *world::create(world_setup(), {fire.version(), power.version()});
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
  const auto game = *world::create(world_setup(), {fire.version(), power.version()});
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
  auto with = world_setup();
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
  const auto game = *world::create(world_setup(), {fire.version(), power.version()});
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
