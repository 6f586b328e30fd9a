#include "vesta/runtime/tree_check.hpp"

#include <catch2/catch.hpp>

#include "support/counter.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/checkpoint_file.hpp"
#include "vesta/runtime/node.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;

namespace {

actor_spec good(actor_spec spec) {
  if (spec.name.empty()) spec.name = "a";
  return spec_of<listener>(std::move(spec));
}

std::string sentence(const supervisor_spec& tree) { return std::string(check_tree(tree).message()); }

std::string sentence_for(actor_spec spec, auto_shutdown shutdown = auto_shutdown::never) {
  return sentence({.name = "root", .shutdown = shutdown, .actors = {std::move(spec)}});
}

} // namespace

TEST_CASE("a tree without a contradiction is accepted") {
  CHECK(sentence_for(good({})).empty());
  CHECK(sentence_for(good({.restart = restart_kind::transient, .significant = true}),
                     auto_shutdown::any_significant)
            .empty());
  CHECK(sentence({.name = "empty"}).empty());
}

TEST_CASE("each contradiction in a tree is refused with a sentence that names it") {
  const auto refused = [](const std::string& text, const std::string& part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  refused(sentence({.name = "root", .actors = {good({}), good({})}}), "are named \"a\"");
  refused(sentence({.name = "a", .actors = {good({})}}), "are named \"a\"");
  refused(sentence({.name = "root", .supervisors = {{.name = "root"}}}), "are named \"root\"");
  refused(sentence({.name = ""}), "a supervisor has no name");
  refused(sentence({.name = "root", .intensity = {1, -1s}}), "negative period");
  refused(sentence({.name = "root", .restart_pause = backoff_settings{.first_ns = 0}}), "first_ns");
  refused(sentence({.name = "root", .restarts_at_once = 0}), "a share of 0");
  refused(sentence({.name = "root", .rule = group_rule::simple_one_for_one, .supervisors = {{.name = "s"}}}),
          "supervisors below");
  refused(sentence_for({.name = "bare"}), "\"bare\" has no class");
  refused(sentence_for(good({.checkpoint_every = 0})), "every 0 messages");
  refused(sentence_for(good({.inbox_limit = 0})), "inbox for 0 messages");
  refused(sentence_for(good({.checkpoint_interval = -1s})), "negative checkpoint_interval");
  refused(sentence_for(good({.on_disk = std::make_shared<const state_versions>()})),
          "no public member `state`");
  refused(sentence_for(good({.chain = {{remedy::retry, 0}}})), "tried 0 times");
  refused(sentence_for(good({.where = placement::on_core(-1)})), "core -1");
  refused(sentence_for(good({.where = placement::on_core(253)})), "name one of 0 to 252");
  refused(sentence_for(good({.policies = {{""}}})), "has no name");
  refused(sentence({.name = "root", .rule = group_rule::one_for_all, .restarts_at_once = 0.5}),
          "restarts its children together");
  refused(sentence_for(good({.shutdown_grace = -1s})), "negative shutdown_grace");
  refused(sentence_for(good({.handler_deadline = -1s})), "negative handler_deadline");
  refused(sentence_for(good({.chain = {{remedy::retry, 1, -1s}}})), "negative pause");
  refused(sentence_for(good({.policies = {{"p", {.tries = 0}}}})),
          "policy \"p\" of actor \"a\": a call policy's tries");
  refused(sentence_for(good({.policies = {{"p"}, {"p"}}})), "two policies named \"p\"");
  refused(sentence_for(good({.significant = true}), auto_shutdown::any_significant), "always comes back");
  refused(sentence_for(good({.restart = restart_kind::temporary, .significant = true})),
          "never shuts itself down");
  refused(sentence({.name = "root",
                    .supervisors = {{.name = "s", .restart = restart_kind::transient, .significant = true}}}),
          "supervisor \"s\" is significant");
}

TEST_CASE("a node of a contradictory tree is not made, and says why") {
  CHECK_THROWS_WITH(node({}, {.name = "root", .actors = {good({.significant = true})}}, {}),
                    Catch::Contains("make it transient or temporary"));
}

TEST_CASE("nested intensities multiply in the worst case") {
  supervisor_spec tree{.name = "root", .intensity = {0, 1s}};
  CHECK(worst_case_restarts(tree) == 0);
  tree.supervisors = {
      {.name = "b", .intensity = {9, 1s}, .supervisors = {{.name = "c", .intensity = {9, 1s}}}},
      {.name = "d", .intensity = {50, 1s}}};
  CHECK(worst_case_restarts(tree) == 99);
}

TEST_CASE("a standby is another actor with the same interface, and standbys do not go round in circles") {
  const auto tree = [](std::string of_a, std::string of_b) {
    return supervisor_spec{.name = "root",
                           .actors = {good({.name = "a", .standby = std::move(of_a)}),
                                      good({.name = "b", .standby = std::move(of_b)})}};
  };
  CHECK(sentence(tree("b", "")).empty());
  CHECK_THAT(sentence(tree("nobody", "")), Catch::Contains("names \"nobody\" as its standby"));
  CHECK_THAT(sentence(tree("a", "")), Catch::Contains("name another actor"));
  CHECK_THAT(sentence(tree("b", "a")), Catch::Contains("lead back to it"));
}
