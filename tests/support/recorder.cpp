#include "support/recorder.hpp"

#include "vesta/messages/interfaces.hpp"

namespace vesta::test {

void heard::add(std::string line, std::any what) {
  const std::lock_guard lock{mutex_};
  lines_.push_back(std::move(line));
  messages_.push_back(std::move(what));
  changed_.notify_all();
}

std::vector<std::string> heard::next(std::size_t count) {
  std::unique_lock lock{mutex_};
  const bool came =
      changed_.wait_for(lock, std::chrono::seconds(10), [&] { return lines_.size() >= read_ + count; });
  CAPTURE(lines_, read_, count);
  REQUIRE(came);
  const auto from = lines_.begin() + static_cast<std::ptrdiff_t>(std::exchange(read_, read_ + count));
  return {from, from + static_cast<std::ptrdiff_t>(count)};
}

std::vector<std::string> heard::unread() {
  const std::lock_guard lock{mutex_};
  return {lines_.begin() + static_cast<std::ptrdiff_t>(read_), lines_.end()};
}

heard& peers::of(const std::string& name) {
  const std::lock_guard lock{mutex_};
  return all_[name];
}

namespace {

template <class Interface>
class recorder {
public:
  using interface = Interface;
  explicit recorder(context& self) : heard_(self.use<peers>().of(self.actor_name())) {}
  template <class Message>
  void on(const Message& what) {
    heard_.add(line_of(what), what);
  }
  run_report on(const report_request& what) {
    heard_.add(line_of(what), what);
    return {};
  }

private:
  heard& heard_;
};

} // namespace

template <class Interface>
actor_spec recorder_of(std::string name) {
  return spec_of<recorder<Interface>>({.name = std::move(name)});
}

template actor_spec recorder_of<alerts_actor>(std::string);
template actor_spec recorder_of<asset_pipeline_actor>(std::string);
template actor_spec recorder_of<build_pipeline_actor>(std::string);
template actor_spec recorder_of<developer_tools_actor>(std::string);
template actor_spec recorder_of<district_actor>(std::string);
template actor_spec recorder_of<frame_clock_actor>(std::string);
template actor_spec recorder_of<orchestrator_actor>(std::string);
template actor_spec recorder_of<runtime_integration_actor>(std::string);
template actor_spec recorder_of<versioning_actor>(std::string);

} // namespace vesta::test
