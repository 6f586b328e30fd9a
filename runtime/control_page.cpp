#include "vesta/runtime/control_page.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>

namespace vesta {
namespace {

using words = std::array<std::uint64_t, platform::shared_page_words>;

constexpr std::size_t sequence_word = offsetof(control_header, sequence) / sizeof(std::uint64_t);
/// A writer needs a microsecond for a page.
constexpr int attempts_max = 10'000;

/// What is written once and for all, wherever a layout has its sequence.
absl::Status check_layout(std::span<const platform::shared_word, platform::shared_page_words> page) {
  const auto magic = page[0].load(std::memory_order_acquire);
  const auto layout = std::bit_cast<std::array<std::uint32_t, 2>>(page[1].load(std::memory_order_acquire))[0];
  if (magic != control_page_magic || layout == 0)
    return absl::UnavailableError("nothing was written to the control page yet");
  if (layout == control_page_layout) return absl::OkStatus();
  return absl::FailedPreconditionError(
      fmt::format("the control page has layout {}, and this is for layout {}", layout, control_page_layout));
}

} // namespace

void control_page::add(const control_record& record) {
  if (header.records == records.size())
    ++header.records_left_out;
  else
    records[header.records++] = record;
}

// A sequence lock whose data are atomics (H. Boehm, "Can seqlocks get along with programming language memory
// models?", MSPC 2012). Who reads a word of a newer page has, by that word's release, to see the newer
// sequence.

void write_control_page(platform::shared_page& to, const control_page& what) {
  auto signed_page = what;
  signed_page.header.magic = control_page_magic;
  signed_page.header.layout = control_page_layout;
  const auto from = std::bit_cast<words>(signed_page);
  const auto page = to.words();
  const auto before = page[sequence_word].load(std::memory_order_relaxed);
  page[sequence_word].store(before + 1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < page.size(); ++i)
    if (i != sequence_word) page[i].store(from[i], std::memory_order_release);
  page[sequence_word].store(before + 2, std::memory_order_release);
}

absl::StatusOr<control_page> read_control_page(const platform::shared_page_view& from) {
  const auto page = from.words();
  if (auto status = check_layout(page); !status.ok()) return status;
  for (int attempt = 0; attempt < attempts_max; ++attempt) {
    const auto before = page[sequence_word].load(std::memory_order_acquire);
    if (before % 2 != 0) continue;
    words seen;
    for (std::size_t i = 0; i < page.size(); ++i) seen[i] = page[i].load(std::memory_order_acquire);
    if (page[sequence_word].load(std::memory_order_relaxed) == before)
      return std::bit_cast<control_page>(seen);
  }
  return absl::UnavailableError("the control page was left half written");
}

std::string control_page_name(int pid) { return fmt::format("{}{}", control_page_prefix, pid); }

std::optional<int> pid_of_control_page(std::string_view name) {
  if (!name.starts_with(control_page_prefix)) return std::nullopt;
  name.remove_prefix(control_page_prefix.size());
  int pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size() || pid <= 0) return std::nullopt;
  return pid;
}

} // namespace vesta
