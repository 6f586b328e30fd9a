#include "vesta/runtime/services.hpp"

using namespace vesta;

TEST_CASE("what was lent is found by its type, and is the host's own object") {
  services all;
  int number = 3;
  std::string text = "a text";
  all.lend(number);
  all.lend(text);
  all.use<int>() = 4;
  CHECK(number == 4);
  CHECK(&all.use<std::string>() == &text);
  CHECK(&all.use<const std::string>() == &text);
}

TEST_CASE("what nobody lent is an error that is found at once") {
  CHECK_THROWS_AS(services().use<int>(), std::logic_error);
}

TEST_CASE("a copy lends the same objects") {
  services all;
  int number = 3;
  all.lend(number);
  const auto copy = all;
  CHECK(&copy.use<int>() == &number);
}
