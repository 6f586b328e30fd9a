#include "vesta/runtime/tree_text.hpp"

#include <catch2/catch.hpp>

using namespace vesta;

TEST_CASE("a tree is shown with its rules, chains, and the most restarts that one failing actor can cause") {
  const supervisor_spec tree{
      .name = "root",
      .intensity = {.count = 3, .period = std::chrono::seconds(60)},
      .actors = {{.name = "clock", .chain = agent_chain()}},
      .supervisors = {{.name = "net",
                       .intensity = {.count = 4, .period = std::chrono::milliseconds(500)},
                       .rule = group_rule::rest_for_one,
                       .actors = {{.name = "socket",
                                   .restart = restart_kind::transient,
                                   .chain = {{remedy::retry, 3}, {remedy::isolate}},
                                   .significant = true,
                                   .standby = "loopback",
                                   .features = {"compression"},
                                   .least_load = 0.5}}}}};
  CHECK(
      tree_text(tree) ==
      "root                        one_for_one, 3 restarts in 60 s; at most 19 of one actor\n"
      "  clock                     permanent; rollback → set_aside → restart → isolate\n"
      "  net                       rest_for_one, 4 restarts in 0.5 s; at most 4 of one actor\n"
      "    socket                  transient; retry ×3 → isolate; significant; standby loopback; 1 features; "
      "load down to 0.5\n");
}
