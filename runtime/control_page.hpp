#pragma once

// What a game under Vesta shows of itself to other processes: one page of shared memory, written by the game
// alone and read by anyone without asking it (`vesta top`). All numbers are in the machine's byte order.
// Whoever changes the layout changes `control_page_layout`; the first twelve bytes never change.

#include <absl/status/statusor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vesta/platform/shared_page.hpp"

namespace vesta {

inline constexpr std::uint64_t control_page_magic = 0x6567'6150'6174'7356; // "VstaPage" in memory
inline constexpr std::uint32_t control_page_layout = 1;

/// The game. Times are nanoseconds; those in 32 bits stop at 4.29 s. Counts are since the beginning.
struct alignas(128) control_header {
  std::uint64_t magic = 0;
  std::uint32_t layout = 0;
  std::int32_t pid = 0;
  std::uint64_t sequence = 0;                ///< odd while the page is written
  std::int64_t begun_ns = 0, written_ns = 0; ///< on the machine's steady clock
  std::uint64_t frame = 0;
  std::uint64_t messages = 0; ///< that actors sent
  std::uint32_t late_frames = 0, failures = 0, recoveries = 0;
  std::uint32_t messages_per_second = 0; ///< over the last second or so, as the shares below
  std::uint32_t frame_p50_ns = 0, frame_p99_ns = 0, frame_max_ns = 0, budget_ns = 0;
  float rate_hz = 0;                                                         ///< frames a second that are due
  std::uint16_t performance_busy_permille = 0, efficiency_busy_permille = 0; ///< `no_share`: no such cores
  std::uint16_t records = 0;                                                 ///< in use; the rest is zero
  std::uint16_t records_left_out = 0;                                        ///< for which there was no room
  std::uint32_t waiting = 0;                                                 ///< messages in inboxes
  char game[24] = {}; ///< cut where it is longer; ends with a zero
};
inline constexpr std::uint16_t no_share = 0xFFFF;

enum class record_kind : std::uint8_t { none, module, actors };

/// A module of the game, or the actors of one kind.
struct alignas(128) control_record {
  char name[64] = {}; ///< as above
  record_kind kind = record_kind::none;
  std::uint8_t state = 0;       ///< module: a `lifecycle`, or `parked_state`
  std::uint16_t last_error = 0; ///< module: an `error_code`
  std::uint32_t version = 0;    ///< module: that runs
  std::uint64_t count = 0;      ///< frames stepped, or messages handled
  std::uint32_t failures = 0, recoveries = 0;
  std::uint32_t p50_ns = 0, p99_ns = 0, max_ns = 0; ///< of a step, in its slowest district, or of a handler
  std::uint32_t waiting = 0;                        ///< actors: messages in their inboxes
  std::uint32_t actors = 0;
  std::uint32_t reserved[5] = {};
};
inline constexpr std::uint8_t parked_state = 0xFF;

inline constexpr std::size_t control_records_max = 31;

struct control_page {
  control_header header;
  std::array<control_record, control_records_max> records;

  /// Copies the record into the page, or counts it where there is no room.
  void add(const control_record& record);
};

static_assert(sizeof(control_header) == 128 && sizeof(control_record) == 128);
static_assert(sizeof(control_page) == platform::shared_page_bytes);
static_assert(offsetof(control_header, layout) == 8 && offsetof(control_header, pid) == 12);
static_assert(offsetof(control_header, sequence) == 16 && offsetof(control_header, begun_ns) == 24);
static_assert(offsetof(control_header, frame) == 40 && offsetof(control_header, late_frames) == 56);
static_assert(offsetof(control_header, frame_p50_ns) == 72 && offsetof(control_header, rate_hz) == 88);
static_assert(offsetof(control_header, records) == 96 && offsetof(control_header, game) == 104);
static_assert(offsetof(control_record, kind) == 64 && offsetof(control_record, version) == 68);
static_assert(offsetof(control_record, count) == 72 && offsetof(control_record, p50_ns) == 88);
static_assert(offsetof(control_record, waiting) == 100 && offsetof(control_record, actors) == 104);

/// Puts a name into a field of the page, cut to its room.
template <std::size_t Size>
void put_name(char (&field)[Size], std::string_view name) {
  const auto size = name.copy(field, Size - 1);
  for (std::size_t i = size; i < Size; ++i) field[i] = 0;
}
template <std::size_t Size>
std::string_view name_in(const char (&field)[Size]) {
  return std::string_view(field, Size).substr(0, std::string_view(field, Size).find('\0'));
}

/// Shows `what` to all readers at once, with magic, layout and sequence filled in. One thread at a time.
void write_control_page(platform::shared_page& to, const control_page& what);

/// One moment of the page. kFailedPrecondition for another layout; kUnavailable for a page that nothing was
/// written to yet, or that its owner left half written. Never waits for the writer and never writes.
absl::StatusOr<control_page> read_control_page(const platform::shared_page_view& from);

/// The page's name for a process, and back; none for names of another kind.
inline constexpr std::string_view control_page_prefix = "vesta.";
std::string control_page_name(int pid);
std::optional<int> pid_of_control_page(std::string_view name);

} // namespace vesta
