#include <catch2/catch.hpp>

#include <algorithm>
#include <cstring>
#include <limits>

#include "vesta/runtime/tables.hpp"
#include "vesta/runtime/value_type.hpp"

using namespace vesta;

namespace {

column_shape shape(const char* name, vesta_type type, double initial = 0, std::uint32_t count = 1) {
  return {{"tiles", name}, "map", type, count, initial, false};
}

tables::entry make(const column_shape& what, std::uint64_t rows) {
  return {what, *column::make(what, rows), nullptr};
}

} // namespace

TEST_CASE("a new column holds its initial value in every element") {
  const auto made = *column::make(shape("kind", VESTA_I16, -3, 2), 1000);
  REQUIRE(made->size() == 4000);
  CHECK(reinterpret_cast<std::uintptr_t>(made->data()) % 64 == 0);
  const auto* elements = reinterpret_cast<const std::int16_t*>(made->data());
  CHECK(std::count(elements, elements + 2000, -3) == 2000);
}

TEST_CASE("memory that the system does not have is a sentence with the column's name") {
  const auto made = column::make(shape("kind", VESTA_F64, 0, 4096), 4'000'000'000'000);
  REQUIRE_FALSE(made.ok());
  CHECK(made.status().code() == absl::StatusCode::kResourceExhausted);
  CHECK_THAT(std::string(made.status().message()), Catch::Matchers::Contains("column tiles.kind"));
}

TEST_CASE("columns that change have a place for their copy and constant ones do not") {
  tables all;
  REQUIRE(all.put(make(shape("load", VESTA_F32), 100)).ok());
  auto constant = shape("kind", VESTA_U8);
  constant.constant = true;
  REQUIRE(all.put(make(constant, 100)).ok());
  CHECK(all.find({"tiles", "load"})->copy != nullptr);
  CHECK(all.find({"tiles", "kind"})->copy == nullptr);
  CHECK(all.find({"tiles", "none"}) == nullptr);
  CHECK(all.size_bytes() == 400 + 400 + 100);
}

TEST_CASE("the digest changes with a byte, a name and a type") {
  const auto digest_of = [](const column_shape& what, int first) {
    tables all;
    auto entry = make(what, 100);
    std::memcpy(entry.live->data(), &first, sizeof first);
    REQUIRE(all.put(std::move(entry)).ok());
    return all.digest();
  };
  const auto digest = digest_of(shape("load", VESTA_U32), 1);
  CHECK(digest == digest_of(shape("load", VESTA_U32), 1));
  CHECK(digest != digest_of(shape("load", VESTA_U32), 2));
  CHECK(digest != digest_of(shape("loads", VESTA_U32), 1));
  CHECK(digest != digest_of(shape("load", VESTA_I32), 1));
}

TEST_CASE("a type widens to those that hold all its values") {
  const auto widens_to = [](const char* from, const char* to) {
    return widens(*find_type(std::string_view(from)), *find_type(std::string_view(to)));
  };
  CHECK(widens_to("u8", "u16"));
  CHECK(widens_to("u8", "i16"));
  CHECK(widens_to("i16", "f32"));
  CHECK(widens_to("u32", "f64"));
  CHECK(widens_to("f32", "f64"));
  CHECK_FALSE(widens_to("u8", "i8"));
  CHECK_FALSE(widens_to("i8", "u64"));
  CHECK_FALSE(widens_to("u32", "f32"));
  CHECK_FALSE(widens_to("i64", "f64"));
  CHECK_FALSE(widens_to("f32", "i64"));
  CHECK_FALSE(widens_to("f64", "f32"));
}

TEST_CASE("an initial value has to be one of the type") {
  const auto fits = [](vesta_type type, double value) { return holds(*find_type(type), value); };
  CHECK(fits(VESTA_U8, 255));
  CHECK_FALSE(fits(VESTA_U8, 256));
  CHECK_FALSE(fits(VESTA_U8, -1));
  CHECK_FALSE(fits(VESTA_I32, 0.5));
  CHECK_FALSE(fits(VESTA_U64, 18446744073709551616.0));
  CHECK_FALSE(fits(VESTA_I64, 9223372036854775808.0));
  CHECK(fits(VESTA_I64, -9223372036854775808.0));
  CHECK(fits(VESTA_F32, 0.1));
  CHECK_FALSE(fits(VESTA_F32, 1e300));
  CHECK_FALSE(fits(VESTA_F64, std::numeric_limits<double>::quiet_NaN()));
}
