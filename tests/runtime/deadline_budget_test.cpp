#include "vesta/runtime/deadline_budget.hpp"

#include <catch2/catch.hpp>

using namespace vesta;

TEST_CASE("a budget bounds each try and each pause by what is left of the whole") {
  struct row {
    platform::nanoseconds now, left;
    std::optional<platform::nanoseconds> deadline_of_try_of_40, after_pause_of_20;
  };
  const deadline_budget budget(1000, 100); // until 1100
  for (const auto& each :
       {row{1000, 100, 1040, 1020}, row{1060, 40, 1100, 1080}, row{1061, 39, 1100, 1081},
        row{1079, 21, 1100, 1099}, row{1080, 20, 1100, std::nullopt}, row{1099, 1, 1100, std::nullopt},
        row{1100, 0, std::nullopt, std::nullopt}, row{5000, 0, std::nullopt, std::nullopt}}) {
    CAPTURE(each.now);
    CHECK(budget.left(each.now) == each.left);
    CHECK(budget.deadline_of_try(each.now, 40) == each.deadline_of_try_of_40);
    CHECK(budget.after_pause(each.now, 20) == each.after_pause_of_20);
  }
}
