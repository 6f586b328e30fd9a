#include "vesta/platform/process_simulated.hpp"

#include <catch2/catch.hpp>
#include <csignal>

using namespace vesta::platform;

namespace {

/// A launcher with a compiler that takes as long as its argument says, and a log of what ended.
struct world {
  virtual_clock time;
  simulated_processes processes{time};
  std::vector<process_result> ended;
  std::vector<std::string> objects;

  world() {
    processes.add_program("cc", [this](const process_spec& spec) {
      simulated_run run;
      run.result.output = spec.arguments[1];
      run.result.exit_status = spec.arguments[1] == "bad" ? 1 : 0;
      run.takes_ns = std::stoll(spec.arguments[2]);
      run.effect = [this, name = spec.arguments[1]] { objects.push_back(name); };
      return run;
    });
  }
  std::unique_ptr<process_launcher::process> start(process_spec spec) {
    auto handle =
        processes.start(spec, [this](process_result result) { ended.push_back(std::move(result)); });
    REQUIRE(handle.ok());
    return *std::move(handle);
  }
};

process_spec compile(const std::string& what, const std::string& takes_ns) {
  process_spec spec;
  spec.arguments = {"cc", what, takes_ns};
  return spec;
}

} // namespace

TEST_CASE("a simulated program answers from its arguments once its time is over") {
  world w;
  w.time.advance(100);
  w.start(compile("bad", "50"));
  CHECK(w.processes.deliver() == 0);
  CHECK(w.processes.next_end() == 150);
  w.time.advance(50);
  CHECK(w.objects.empty());
  CHECK(w.processes.deliver() == 1);
  REQUIRE(w.ended.size() == 1);
  CHECK(w.ended[0].exit_status == 1);
  CHECK(w.ended[0].output == "bad");
  CHECK(w.ended[0].started_ns == 100);
  CHECK(w.ended[0].ended_ns == 150);
  CHECK(w.objects.size() == 1);
  CHECK_FALSE(w.processes.next_end().has_value());
}

TEST_CASE("simulated runs end in the order of their ends, equal ones as they were started") {
  world w;
  for (const auto* takes : {"30", "10", "20", "10"}) w.start(compile(takes, takes));
  w.time.advance(1000);
  CHECK(w.processes.deliver() == 4);
  CHECK(w.objects == std::vector<std::string>{"10", "10", "20", "30"});
}

TEST_CASE("a simulated run past its timeout is killed then, and leaves nothing") {
  world w;
  auto spec = compile("slow", "500");
  spec.timeout_ns = 100;
  w.start(spec);
  CHECK(w.processes.next_end() == 100);
  w.time.advance(200);
  w.processes.deliver();
  REQUIRE(w.ended.size() == 1);
  CHECK(w.ended[0].timed_out);
  CHECK(w.ended[0].signal == SIGKILL);
  CHECK(w.ended[0].ended_ns == 100);
  CHECK(w.objects.empty());
}

TEST_CASE("a cancelled simulated run ends now and leaves nothing, and a late cancel does nothing") {
  world w;
  auto handle = w.start(compile("slow", "500"));
  w.time.advance(10);
  handle->cancel();
  CHECK(w.processes.deliver() == 1);
  CHECK(w.ended[0].cancelled);
  CHECK(w.ended[0].ended_ns == 10);
  CHECK(w.objects.empty());
  handle->cancel();
  auto quick = w.start(compile("quick", "0"));
  quick->cancel();
  w.processes.deliver();
  CHECK_FALSE(w.ended.back().cancelled);
}

TEST_CASE("a callback may start the next simulated run, which waits for the next delivery") {
  world w;
  bool second = false;
  auto first = w.processes.start(compile("one", "0"), [&](process_result) {
    static_cast<void>(w.processes.start(compile("two", "0"), [&](process_result) { second = true; }));
  });
  CHECK(w.processes.deliver() == 1);
  CHECK_FALSE(second);
  CHECK(w.processes.deliver() == 1);
  CHECK(second);
}

TEST_CASE("a program that was not added is not found") {
  world w;
  process_spec spec;
  CHECK(absl::IsInvalidArgument(w.processes.start(spec, {}).status()));
  spec.arguments = {"ld"};
  CHECK(absl::IsNotFound(w.processes.start(spec, {}).status()));
  CHECK(absl::IsNotFound(w.processes.find_program("ld").status()));
  spec.arguments = {*w.processes.find_program("cc"), "x", "0"};
  CHECK(w.processes.start(spec, [](process_result) {}).ok());
}
