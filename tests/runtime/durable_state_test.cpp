#include "support/captured_log.hpp"
#include "support/counter.hpp"
#include "support/test_node.hpp"
#include "vesta/platform/files_simulated.hpp"
#include "vesta/runtime/checkpoint_file.hpp"

using namespace vesta;
using namespace vesta::test;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;

namespace {

struct saved_disk {
  platform::virtual_clock time;
  platform::simulated_files files{time};
};

/// One process after the other over the same disk.
struct process {
  decision_log log;
  attempts tries;
  node all;

  process(saved_disk& at, actor_spec spec, state_versions versions = {})
      : all({.listener = &log, .hosted = true, .state_folder = "/saved", .files = &at.files},
            tree(std::move(spec), std::move(versions)), lent()) {
    all.start();
  }
  static supervisor_spec tree(actor_spec spec, state_versions versions) {
    spec.name = "bank";
    spec.on_disk = std::make_shared<const state_versions>(std::move(versions));
    return {.name = "root",
            .actors = {spec_of<listener>({.name = "listener"}), spec_of<counter>(std::move(spec))}};
  }
  services lent() {
    services made;
    made.lend(tries);
    return made;
  }
  counter_actor bank() { return all.find<counter_actor>("bank"); }
  std::optional<std::int64_t> total() {
    const auto found = all.ask<sum>(bank(), sum_request{});
    return found ? std::optional(found->value) : std::nullopt;
  }
  void pass(std::chrono::nanoseconds time) { all.tick({.budget = 50'000'000, .advance = time.count()}); }
};

std::optional<std::int64_t> on_disk(saved_disk& at) {
  const auto found =
      checkpoint_files(at.files, "/saved")
          .load_newest("bank", {.current = 2,
                                .steps = {{1, [](std::string_view bytes) { return std::string(bytes); }}}});
  if (!found.ok()) return std::nullopt;
  std::int64_t total = 0;
  std::memcpy(&total, found->state.bytes.data(), sizeof total);
  return total;
}

} // namespace

TEST_CASE("an actor that keeps its state on disk goes on in the next process") {
  saved_disk at;
  for (const int round : {1, 2, 3}) {
    process now(at, {});
    CHECK(now.total() == 10 * (round - 1));
    now.all.send(now.bank(), add{10});
    CHECK(now.total() == 10 * round);
  }
  CHECK(on_disk(at) == 30);
}

TEST_CASE("with fewer checkpoints than messages, those come by number, by time, on request and at the end") {
  saved_disk at;
  process now(at, {.checkpoint_every = 100, .checkpoint_interval = 1s});
  now.all.send(now.bank(), add{1});
  CHECK(now.total() == 1);
  CHECK(on_disk(at) == 0);
  now.pass(999ms);
  CHECK(on_disk(at) == 0);
  now.pass(1ms);
  CHECK(on_disk(at) == 1);
  now.all.send(now.bank(), add{1});
  CHECK(now.all.checkpoint("bank"));
  CHECK_FALSE(now.all.checkpoint("nobody"));
  now.pass(1ms);
  CHECK(on_disk(at) == 2);
  for (int i = 0; i < 150; ++i) now.all.send(now.bank(), add{1});
  CHECK(now.total() == 152);
  CHECK(on_disk(at) == 102);
  now.all.stop();
  CHECK(on_disk(at) == 152);
}

TEST_CASE("a state that was ended by hand is gone from disk") {
  saved_disk at;
  process now(at, {});
  now.all.send(now.bank(), add{10});
  CHECK(now.total() == 10);
  REQUIRE(now.all.stop_child("bank").ok());
  CHECK_FALSE(on_disk(at));
  REQUIRE(now.all.restart_child("bank").ok());
  CHECK(now.total() == 0);
}

TEST_CASE("a saved state of an older version is brought up, and one of a newer version is no start") {
  saved_disk at;
  {
    process old(at, {});
    old.all.send(old.bank(), add{10});
    CHECK(old.total() == 10);
  }
  {
    const auto doubled = [](std::string_view bytes) -> absl::StatusOr<std::string> {
      std::int64_t total = 0;
      std::memcpy(&total, bytes.data(), sizeof total);
      total *= 2;
      return std::string(reinterpret_cast<const char*>(&total), sizeof total);
    };
    process next(at, {}, {.current = 2, .steps = {{1, doubled}}});
    CHECK(next.total() == 20);
    next.all.send(next.bank(), add{1});
    CHECK(next.total() == 21);
  }
  process old(at, {.chain = {{remedy::isolate}}});
  CHECK_FALSE(old.total());
  REQUIRE_FALSE(old.log.failures().empty());
  CHECK_THAT(old.log.failures().front().text, Contains("version 2"));
  CHECK(on_disk(at) == 21); // and stays
}

TEST_CASE("a broken checkpoint is told, and the one before is used") {
  saved_disk at;
  {
    process now(at, {});
    now.all.send(now.bank(), add{10});
    now.all.send(now.bank(), add{10});
    CHECK(now.total() == 20);
  }
  const auto folder = checkpoint_files(at.files, "/saved").folder_of("bank");
  const auto newest = folder + '/' + at.files.list(folder)->back();
  REQUIRE(at.files.write(newest, "half a checkp").ok());
  captured_log log;
  process now(at, {});
  CHECK(now.total() == 20); // the question was checkpointed as well
  CHECK_THAT(log.wait_for("is not used"), Contains(newest));
}

TEST_CASE("a state folder that cannot be made is refused when the node is made") {
  saved_disk at;
  REQUIRE(at.files.write("/saved", "a file").ok());
  CHECK_THROWS_WITH(process(at, {}), Contains("state_folder") && Contains("/saved"));
}

TEST_CASE("who keeps its state on disk needs a folder for it") {
  const auto spec = spec_of<counter>({.name = "bank", .on_disk = std::make_shared<const state_versions>()});
  CHECK_THROWS_WITH(test_node({spec}), Contains("\"bank\" keeps its state on disk"));
  test_node all({spec_of<listener>({.name = "listener"})});
  const auto status = all->add("group", {spec});
  CHECK_THAT(std::string(status.message()), Contains("state_folder"));
}
