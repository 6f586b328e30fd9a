#include "vesta/platform/http_simulated.hpp"

#include "platform/http_contract.hpp"

using namespace vesta::platform;

TEST_CASE("the simulated network keeps the contract of the system's") {
  virtual_clock time;
  simulated_http network(time);
  network.serve([](const http_post& what) -> simulated_answer {
    if (what.url.ends_with("/never")) return {.takes_ns = 3'600'000'000'000};
    return {.answer = {.status = what.url.ends_with("/200") ? 200 : 500}};
  });
  check_http_contract(network, "http://toy", [&] {
    time.advance(20'000'000);
    network.deliver();
  });
}

TEST_CASE("a simulated request is over when its time is, and the first begun ends first") {
  virtual_clock time;
  simulated_http network(time);
  std::vector<std::string> order;
  network.serve([](const http_post& what) {
    return simulated_answer{.answer = {.status = 200}, .takes_ns = what.body == "slow" ? 20 : 10};
  });
  std::vector<std::unique_ptr<http_client::request>> all;
  for (const auto* body : {"slow", "quick", "quick too"})
    all.push_back(network.post({.url = "http://toy", .body = body},
                               [&order, body](const http_answer&) { order.emplace_back(body); }));
  CHECK(network.deliver() == 0);
  time.advance(10);
  CHECK(network.deliver() == 2);
  time.advance(10);
  CHECK(network.deliver() == 1);
  CHECK(order == std::vector<std::string>{"quick", "quick too", "slow"});
}
