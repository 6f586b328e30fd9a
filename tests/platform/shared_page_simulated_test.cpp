#include "vesta/platform/shared_page_simulated.hpp"

#include "platform/shared_page_contract.hpp"

using namespace vesta::platform;

TEST_CASE("simulated shared pages keep the contract") {
  simulated_shared_pages pages;
  check_shared_page_contract(pages, "vesta.");
}

TEST_CASE("a simulated owner that dies leaves its page to be read, replaced or swept") {
  simulated_shared_pages pages;
  auto first = *pages.create("vesta.1");
  const auto seen = *pages.open("vesta.1");
  pages.kill("vesta.1");
  CHECK_FALSE(seen->owner_lives());
  CHECK(pages.list("vesta.").size() == 1);
  auto second = *pages.create("vesta.1");
  first.reset();
  CHECK((*pages.open("vesta.1"))->owner_lives());
  pages.kill("vesta.1");
  pages.remove_dead("vesta.");
  CHECK(pages.list("vesta.").empty());
}
