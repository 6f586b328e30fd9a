#pragma once

#include <cstdint>
#include <string>

namespace vesta {

/// Where an actor's handlers run. A value of 8 bytes; it rides in `caf::actor_config::flags`, so the
/// scheduler routes with one load and no table.
struct placement {
  enum class where : std::uint8_t {
    any,         ///< on whichever pool has more room
    performance, ///< on a performance core
    efficiency,  ///< on an efficiency core
    core,        ///< on one core alone
  };

  /// The highest core that can be named: eight bits of the flags are free for all of this.
  static constexpr int core_max = 252;

  where kind = where::any;
  int core = 0; ///< as the operating system numbers it, 0 to `core_max`; 0 unless `kind` is `core`

  static constexpr placement any() { return {}; }
  static constexpr placement performance() { return {where::performance, 0}; }
  static constexpr placement efficiency() { return {where::efficiency, 0}; }
  /// `id` is in 0 to `core_max`. A core that has no worker, or is not there, stands for the efficiency cores.
  static constexpr placement on_core(int id) { return {where::core, id}; }

  friend constexpr bool operator==(const placement&, const placement&) = default;
};

/// The bits of an actor's flags that hold its placement. CAF 0.17 uses those below and above, not these.
inline constexpr int placement_mask = 0x00FF0000;

/// For `actor_config::flags`: `config.flags |= placement_flags(placement::performance())`. `any` is no bit at
/// all.
constexpr int placement_flags(placement p) {
  const int code = p.kind == placement::where::core ? 3 + p.core : static_cast<int>(p.kind);
  return (code << 16) & placement_mask;
}

/// The placement in an actor's flags, whatever the other bits are.
constexpr placement placement_of(int flags) {
  const int code = (flags & placement_mask) >> 16;
  return code < 3 ? placement{static_cast<placement::where>(code), 0} : placement::on_core(code - 3);
}

/// "any", "performance", "efficiency" or "core 3".
inline std::string to_string(placement p) {
  switch (p.kind) {
  case placement::where::any:
    return "any";
  case placement::where::performance:
    return "performance";
  case placement::where::efficiency:
    return "efficiency";
  case placement::where::core:
    break;
  }
  return "core " + std::to_string(p.core);
}

} // namespace vesta
