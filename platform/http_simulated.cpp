#include "vesta/platform/http_simulated.hpp"

namespace vesta::platform {

class simulated_http::simulated_request final : public http_client::request {
public:
  simulated_request(simulated_http& network, std::uint64_t id) : network_(network), id_(id) {}
  ~simulated_request() override {
    const std::lock_guard lock(network_.mutex_);
    network_.running_.erase(id_);
  }

private:
  simulated_http& network_;
  const std::uint64_t id_;
};

void simulated_http::serve(server answers) {
  const std::lock_guard lock(mutex_);
  server_ = std::move(answers);
}

std::size_t simulated_http::deliver() {
  const std::lock_guard lock(mutex_);
  std::size_t ended = 0;
  for (auto it = running_.begin(); it != running_.end();) {
    if (it->second.ends_ns > time_.now()) {
      ++it;
      continue;
    }
    it->second.on_end(std::move(it->second.what.answer));
    it = running_.erase(it);
    ++ended;
  }
  return ended;
}

std::unique_ptr<http_client::request> simulated_http::post(http_post what, callback on_end) {
  const std::lock_guard lock(mutex_);
  auto made = server_(what);
  if (made.takes_ns > what.limit_ns)
    made = {.answer = {.problem = "the time limit is over"}, .takes_ns = what.limit_ns};
  const auto ends_ns = time_.now() + made.takes_ns;
  running_.emplace(++last_request_, under_way{std::move(made), std::move(on_end), ends_ns});
  return std::make_unique<simulated_request>(*this, last_request_);
}

} // namespace vesta::platform
