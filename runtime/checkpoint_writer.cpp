#include "vesta/runtime/checkpoint_writer.hpp"

#include <spdlog/spdlog.h>
#include <utility>

#include "vesta/platform/thread.hpp"

namespace vesta {

checkpoint_writer::checkpoint_writer(platform::file_system& files, std::string folder, std::vector<int> cores)
    : checkpoints_(files, std::move(folder)), in_place_(cores.empty()) {
  if (in_place_) return;
  thread_ = std::jthread([this, on = std::move(cores)] {
    platform::pin_this_thread(on, "vesta.states");
    run();
  });
}

void checkpoint_writer::save(const std::string& actor, std::uint32_t version,
                             const std::vector<char>& state) {
  put(actor, {version, std::string(state.begin(), state.end())});
}

void checkpoint_writer::forget(const std::string& actor) { put(actor, {}); }

void checkpoint_writer::put(const std::string& actor, waiting_state what) {
  {
    const std::lock_guard lock(mutex_);
    if (!in_place_) {
      waiting_[actor] = std::move(what);
      return changed_.notify_one();
    }
  }
  write(actor, what);
}

void checkpoint_writer::finish() {
  {
    const std::lock_guard lock(mutex_);
    in_place_ = true;
    changed_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void checkpoint_writer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return in_place_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const auto first = waiting_.extract(waiting_.begin());
    lock.unlock();
    write(first.key(), first.mapped());
    lock.lock();
  }
}

void checkpoint_writer::write(const std::string& actor, const waiting_state& what) {
  const std::lock_guard lock(writing_);
  const auto status =
      what.bytes ? checkpoints_.save(actor, what.version, *what.bytes).status() : checkpoints_.remove(actor);
  if (status.ok()) return void(troubles_.erase(actor));
  const std::string why(status.message());
  if (std::exchange(troubles_[actor], why) == why) return;
  spdlog::log(spdlog::level::err, "The state of " + actor + " cannot be saved: " + why +
                                      ". The actor goes on; what is on disk is older.");
}

} // namespace vesta
