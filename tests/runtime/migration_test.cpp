#include <catch2/catch.hpp>

#include "vesta/runtime/migration.hpp"

using namespace vesta;

namespace {

column_shape shape(const char* name, vesta_type type, std::uint32_t count = 1, double initial = 0) {
  return {{"tiles", name}, "map", type, count, initial, false};
}

carry how(const column_shape& before, const column_shape& after) {
  const auto plan = plan_migration(std::vector{before}, std::vector{after}, {"map"});
  return plan->at(0).how;
}

constexpr auto hundred_rows = [](const std::string&) -> std::uint64_t { return 100; };

} // namespace

TEST_CASE("a plan keeps, adds and drops columns by name, in whatever order they come") {
  const std::vector before{shape("a", VESTA_U8), shape("b", VESTA_U8)};
  const std::vector after{shape("c", VESTA_U8), shape("b", VESTA_U8)};
  const auto plan = *plan_migration(before, after, {});
  REQUIRE(plan.size() == 3);
  CHECK(plan[0].how == carry::drop);
  CHECK(plan[1].how == carry::keep);
  CHECK(plan[2].how == carry::add);
}

TEST_CASE("lossless changes widen and all others need the module") {
  CHECK(how(shape("a", VESTA_U8), shape("a", VESTA_U32)) == carry::widen);
  CHECK(how(shape("a", VESTA_F32), shape("a", VESTA_F64)) == carry::widen);
  CHECK(how(shape("a", VESTA_U8, 1), shape("a", VESTA_U8, 4)) == carry::widen);
  CHECK(how(shape("a", VESTA_U8, 4), shape("a", VESTA_U8, 1)) == carry::custom);
  CHECK(how(shape("a", VESTA_F32), shape("a", VESTA_U8)) == carry::custom);
}

TEST_CASE("a lossy change without migrate is refused with the column and both types") {
  const auto plan =
      plan_migration(std::vector{shape("load", VESTA_F32, 3)}, std::vector{shape("load", VESTA_U16)}, {});
  REQUIRE_FALSE(plan.ok());
  CHECK_THAT(std::string(plan.status().message()),
             Catch::Matchers::Contains("module \"map\" cannot turn column tiles.load from f32[3] into u16"));
}

TEST_CASE("a column that changes hands between modules is kept") {
  auto after = shape("a", VESTA_U8);
  after.owner = "zones";
  CHECK(how(shape("a", VESTA_U8), after) == carry::keep);
}

TEST_CASE("migrated tables share what is kept and fill what is added") {
  tables now;
  for (const auto& one : {shape("kept", VESTA_U8), shape("dropped", VESTA_U8)})
    REQUIRE(now.put({one, *column::make(one, 100), nullptr}).ok());
  const std::vector before{shape("kept", VESTA_U8), shape("dropped", VESTA_U8)};
  const std::vector after{shape("kept", VESTA_U8), shape("added", VESTA_F32, 1, 0.5)};
  const auto next = *migrate_tables(now, *plan_migration(before, after, {}), hundred_rows);
  CHECK(next.columns.find({"tiles", "kept"})->live == now.find({"tiles", "kept"})->live);
  CHECK(next.columns.find({"tiles", "dropped"}) == nullptr);
  CHECK(now.find({"tiles", "dropped"}) != nullptr);
  CHECK(reinterpret_cast<const float*>(next.columns.find({"tiles", "added"})->live->data())[99] == 0.5f);
  CHECK(next.conversions.empty());
}

TEST_CASE("widening carries every value and fills new elements with the initial value") {
  tables now;
  const auto before = shape("load", VESTA_I8, 2);
  REQUIRE(now.put({before, *column::make(before, 100), nullptr}).ok());
  auto* old = reinterpret_cast<std::int8_t*>(now.find(before.key)->live->data());
  for (int i = 0; i < 200; ++i) old[i] = static_cast<std::int8_t>(i - 100);
  const auto after = shape("load", VESTA_F32, 3, 9);
  const auto next =
      *migrate_tables(now, *plan_migration(std::vector{before}, std::vector{after}, {}), hundred_rows);
  REQUIRE(next.conversions.size() == 1);
  convert(next.conversions[0]);
  const auto* made = reinterpret_cast<const float*>(next.columns.find(after.key)->live->data());
  for (int row = 0; row < 100; ++row) {
    REQUIRE(made[row * 3] == static_cast<float>(row * 2 - 100));
    REQUIRE(made[row * 3 + 1] == static_cast<float>(row * 2 - 99));
    REQUIRE(made[row * 3 + 2] == 9);
  }
}
