#include "vesta/platform/random.hpp"

#include <xxhash.h>

namespace vesta::platform {

namespace {

// Hashing in two steps keeps ("ab", "c") and ("a", "bc") apart.
std::uint64_t derive_key(std::uint64_t seed, std::string_view user, std::string_view purpose) {
  const auto of_user = XXH3_64bits_withSeed(user.data(), user.size(), seed);
  return XXH3_64bits_withSeed(purpose.data(), purpose.size(), of_user);
}

} // namespace

random_stream::random_stream(std::uint64_t seed, std::string_view user, std::string_view purpose)
    : state_(derive_key(seed, user, purpose)) {}

std::uint64_t random_stream::next() {
  state_ += 0x9e3779b97f4a7c15;
  auto z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::uint64_t random_stream::below(std::uint64_t bound) {
  __extension__ using wide = unsigned __int128;
  return static_cast<std::uint64_t>((wide{next()} * bound) >> 64);
}

double random_stream::unit() {
  return static_cast<double>(next() >> 11) * 0x1p-53; // 53 bits, all that a double holds
}

} // namespace vesta::platform
