#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "vesta/messages/errors.hpp"
#include "vesta/messages/frame.hpp"
#include "vesta/platform/http.hpp"
#include "vesta/platform/ports.hpp"
#include "vesta/platform/process.hpp"
#include "vesta/runtime/game.hpp"
#include "vesta/runtime/module_call.hpp"
#include "vesta/runtime/mpsc_ring.hpp"

namespace vesta {

class world;

/// Hears how a session goes, on an actor's thread; must not block. Belongs to the host.
class session_listener {
public:
  virtual ~session_listener() = default;
  /// The world stands and frames can begin.
  virtual void opened() = 0;
  /// The game cannot be opened; `text` is the reason in full.
  virtual void refused(error_code code, const std::string& text) = 0;
  /// The last frame is over.
  virtual void frames_ended() = 0;
  /// No alert waits to be sent any more, after `close_alerts`.
  virtual void alerts_closed() = 0;
};

/// What is fixed while one game is open. Lent to the actors, which do not change it.
struct session {
  platform::ports ports;
  const platform::clock* pace = nullptr; ///< a hosted game's: by it frames come. Null: `ports.time`, which
                                         ///< measures them
  session_listener* listener = nullptr;
  game_description game;
  file_contents files;           ///< of the game's file parameters
  std::string folder;            ///< the game's, as it is watched
  std::string build_directory;   ///< one directory a job is made below it
  std::string include_directory; ///< holds vesta/module.h
  std::string compiler;          ///< full path
  std::string alert_webhook;     ///< URL; empty: none
  std::vector<int> build_cores;  ///< the efficiency cores
  std::uint64_t seed = 1;
  std::uint32_t districts = 1;
  std::uint32_t probation_frames = 120;
  std::int64_t step_limit_ns = 0; ///< a `step` of one district that takes longer is abandoned
};

/// Where the world stands once runtime_integration has made it. The frame clock and the districts find it
/// here, after a restart too; who may touch it when is said in world.hpp.
class world_slot {
public:
  void set(std::unique_ptr<world> made);
  /// Null until the game is open.
  world* get() const { return here_.load(std::memory_order_acquire); }
  world_slot();
  ~world_slot();

private:
  std::unique_ptr<world> owner_;
  std::atomic<world*> here_{nullptr};
};

/// What waits for the end of the frame at hand. The frame clock's alone; lent, so that it outlives each of
/// its incarnations.
struct boundary_queue {
  std::vector<apply_swap> swaps;
  std::vector<set_parameters> parameters;
};

/// What the host's threads want done at the next boundary. Checked when it is asked for.
struct host_command {
  std::uint32_t parameter = 0; ///< its place in the game's list
  double value = 0;            ///< its new one
};

/// From any thread of the host to the frame clock. Lent, so that it outlives each of the clock's
/// incarnations.
struct host_commands {
  static constexpr std::size_t waiting_max = 256;
  mpsc_ring<host_command> ring{waiting_max};
};

/// Compilers at work, by their jobs. build_pipeline's alone; lent, so that a later incarnation can still end
/// them. Those that are left end with it.
struct running_builds {
  std::map<std::uint64_t, std::unique_ptr<platform::process_launcher::process>> jobs;
  running_builds() = default;
  running_builds(const running_builds&) = delete;
  running_builds& operator=(const running_builds&) = delete;
  ~running_builds() {
    for (auto& [id, process] : jobs) process->cancel();
  }
};

/// The alert that is being sent. The actor's `alerts` alone; lent, so that it outlives each of its
/// incarnations.
struct running_post {
  std::unique_ptr<platform::http_client::request> request;
};

} // namespace vesta
