#include "vesta/runtime/error_bridge.hpp"

#include "vesta/messages/prelude.hpp"

using namespace vesta;
using Catch::Matchers::Contains;

TEST_CASE("every code of the table travels in CAF's error and comes back") {
  for (const auto& row : error_table()) CHECK(code_of(to_caf(row.code)) == row.code);
}

TEST_CASE("a sentence travels beside the code, the table's where none is given") {
  CHECK_THAT(caf::deep_to_string(to_caf(error_code::actor_isolated, "too hot").context()),
             Contains("too hot"));
  CHECK_THAT(caf::deep_to_string(to_caf(error_code::actor_isolated).context()),
             Contains("isolated after repeated"));
}

TEST_CASE("an error of CAF's own has no code of Vesta's") {
  CHECK(code_of(caf::error{}) == error_code::none);
  CHECK(code_of(caf::make_error(caf::sec::request_timeout)) == error_code::none);
  CHECK(code_of(caf::error{1, caf::atom("vesta")}) == error_code::none);
}
