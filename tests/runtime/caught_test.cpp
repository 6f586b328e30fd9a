#include "vesta/runtime/caught.hpp"

#include <catch2/catch.hpp>

#include <system_error>

#include "vesta/runtime/actor.hpp"

using namespace vesta;

TEST_CASE("what was thrown becomes a code, a category and a sentence") {
  const auto thrown = [](auto what) {
    return caught_in([&] { throw what; }, error_code::handler_failed).value();
  };
  CHECK(thrown(std::runtime_error("no bricks")).text == "no bricks");
  CHECK(thrown(std::runtime_error("no bricks")).kind == category::runtime);
  CHECK(thrown(std::bad_alloc()).kind == category::memory);
  CHECK(thrown(std::system_error(ENOSPC, std::generic_category())).kind == category::io);
  CHECK(thrown(7).kind == category::unknown);
  CHECK(thrown(7).code == error_code::handler_failed);
  const auto known = thrown(actor_error(error_code::mailbox_full, category::resource, "full"));
  CHECK(known.code == error_code::mailbox_full);
  CHECK(known.kind == category::resource);
  CHECK(known.text == "full");
}
