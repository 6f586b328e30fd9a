#include "vesta/platform/compression.hpp"

#include <catch2/catch.hpp>

using namespace vesta::platform;

TEST_CASE("what was compressed comes back, and what repeats itself takes less room") {
  for (const std::string& bytes : {std::string(), std::string(1, '\0'), std::string(100'000, 'a')}) {
    const auto frame = compress(bytes);
    CHECK(frame.size() <= compressed_size_max(bytes.size()));
    CHECK(*decompress(frame, bytes.size()) == bytes);
  }
  CHECK(compress(std::string(100'000, 'a')).size() < 100);
}

TEST_CASE("a frame that is broken, cut, or of another size is refused") {
  const auto frame = compress("a state");
  CHECK_FALSE(decompress(frame, 6).ok());
  CHECK_FALSE(decompress(frame, 8).ok());
  CHECK_FALSE(decompress(frame.substr(1), 7).ok());
  CHECK_FALSE(decompress(std::string_view(frame).substr(0, frame.size() - 1), 7).ok());
}
