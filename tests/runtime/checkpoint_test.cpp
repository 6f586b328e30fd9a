#include <catch2/catch.hpp>

#include <cstring>

#include "vesta/runtime/checkpoint.hpp"

using namespace vesta;

TEST_CASE("restoring brings back every column that can change, and the frame") {
  tables all;
  for (const char* name : {"a", "b"}) {
    const column_shape shape{{"tiles", name}, "map", VESTA_U32, 1, 5, false};
    REQUIRE(all.put({shape, *column::make(shape, 5000), nullptr}).ok());
  }
  checkpoint saved(all);
  CHECK(saved.size_bytes() == 40000);
  const auto before = all.digest();
  saved.take(7);
  for (const auto& [key, entry] : all) std::memset(entry.live->data(), 0xff, entry.live->size());
  CHECK(all.digest() != before);
  CHECK(saved.restore() == 7);
  CHECK(all.digest() == before);
}

TEST_CASE("constant columns are not part of a checkpoint") {
  tables all;
  const column_shape shape{{"tiles", "kind"}, "map", VESTA_U8, 1, 0, true};
  REQUIRE(all.put({shape, *column::make(shape, 100), nullptr}).ok());
  CHECK(checkpoint(all).size_bytes() == 0);
}
