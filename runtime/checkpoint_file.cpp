#include "vesta/runtime/checkpoint_file.hpp"

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/str_join.h>
#include <algorithm>
#include <exception>
#include <fmt/format.h>

#include "vesta/platform/compression.hpp"
#include "vesta/platform/hash.hpp"

namespace vesta {

namespace {

// The file, from its first byte on: magic (8), format (4), version (4), sequence (8), bytes of the state (8),
// of the frame (8), of the name (4), checksum (8) of all else, the name, the frame.
constexpr std::string_view checkpoint_magic = "VESTACKP";
constexpr std::uint32_t checkpoint_format = 1;
constexpr std::size_t checksum_at = 44, checkpoint_header_size = 52;
constexpr std::uint64_t actor_name_max = 1 << 16;
constexpr std::string_view checkpoint_suffix = ".checkpoint";
constexpr std::size_t sequence_digits = 20; // the sorted names are in the order of their numbers

void append_number(std::string& to, std::uint64_t value, int size_bytes) {
  for (int i = 0; i < size_bytes; ++i) to.push_back(static_cast<char>(value >> (8 * i)));
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, int size_bytes) {
  std::uint64_t value = 0;
  for (int i = size_bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

std::uint64_t checksum_of(std::string_view content) {
  const std::uint64_t parts[] = {platform::hash64(content.substr(0, checksum_at)),
                                 platform::hash64(content.substr(checkpoint_header_size))};
  std::string both;
  for (const auto each : parts) append_number(both, each, 8);
  return platform::hash64(both);
}

std::string file_name_of(std::uint64_t sequence) {
  return fmt::format("{:0{}}{}", sequence, sequence_digits, checkpoint_suffix);
}

absl::Status with_version(const saved_state& state, std::string_view what) {
  return absl::DataLossError(fmt::format("its state is of version {}, and {}", state.version, what));
}

} // namespace

std::string checkpoint_content(const saved_state& state) {
  const auto frame = platform::compress(state.bytes);
  std::string content(checkpoint_magic);
  append_number(content, checkpoint_format, 4);
  append_number(content, state.version, 4);
  append_number(content, state.sequence, 8);
  append_number(content, state.bytes.size(), 8);
  append_number(content, frame.size(), 8);
  append_number(content, state.actor.size(), 4);
  append_number(content, 0, 8);
  content += state.actor;
  content += frame;
  std::string checksum;
  append_number(checksum, checksum_of(content), 8);
  return content.replace(checksum_at, checksum.size(), checksum);
}

absl::StatusOr<saved_state> read_checkpoint(std::string_view content, std::uint64_t limit_bytes) {
  if (!content.starts_with(checkpoint_magic)) return absl::DataLossError("it is no checkpoint");
  if (content.size() < checkpoint_header_size)
    return absl::DataLossError(fmt::format("it was cut in its header, after {} bytes", content.size()));
  if (const auto format = number_at(content, 8, 4); format != checkpoint_format)
    return absl::DataLossError(
        fmt::format("it is of format {}, and this Vesta reads format {}", format, checkpoint_format));
  if (number_at(content, checksum_at, 8) != checksum_of(content))
    return absl::DataLossError("its checksum is wrong: it was cut or changed after it was written");
  const auto state_size = number_at(content, 24, 8), frame_size = number_at(content, 32, 8);
  const auto name_size = number_at(content, 40, 4);
  const auto rest = content.substr(checkpoint_header_size);
  if (name_size > rest.size() || frame_size != rest.size() - name_size)
    return absl::DataLossError("its sizes do not fit together");
  if (state_size > limit_bytes)
    return absl::ResourceExhaustedError(
        fmt::format("its state has {} bytes, more than the {} allowed here", state_size, limit_bytes));
  auto bytes = platform::decompress(rest.substr(name_size), state_size);
  if (!bytes.ok()) return bytes.status();
  return saved_state{std::string(rest.substr(0, name_size)),
                     static_cast<std::uint32_t>(number_at(content, 12, 4)), number_at(content, 16, 8),
                     *std::move(bytes)};
}

absl::Status state_versions::bring_up(saved_state& state) const {
  if (state.version > current)
    return with_version(state, fmt::format("the newest that this program knows is {}", current));
  auto brought = state;
  for (; brought.version < current; ++brought.version) {
    const auto found = steps.find(brought.version);
    if (found == steps.end())
      return with_version(state,
                          fmt::format("no step leads from {} to {}", brought.version, brought.version + 1));
    const auto fails = [&](std::string_view why) {
      return with_version(
          state, fmt::format("the step from {} to {} failed: {}", brought.version, brought.version + 1, why));
    };
    try {
      auto next = found->second(brought.bytes);
      if (!next.ok()) return fails(std::string(next.status().message()));
      brought.bytes = *std::move(next);
    } catch (const std::exception& error) {
      return fails(error.what());
    }
  }
  state = std::move(brought);
  return absl::OkStatus();
}

checkpoint_files::checkpoint_files(platform::file_system& files, std::string folder,
                                   checkpoint_file_settings settings)
    : files_(files), folder_(std::move(folder)), settings_(settings) {}

absl::StatusOr<std::uint64_t> checkpoint_files::save(std::string_view actor, std::uint32_t version,
                                                     std::string_view bytes) {
  if (actor.size() > actor_name_max || bytes.size() > settings_.limit_bytes)
    return absl::ResourceExhaustedError(
        fmt::format("cannot save a checkpoint of {}: its state has {} bytes, and {} are allowed",
                    actor.substr(0, 100), bytes.size(), settings_.limit_bytes));
  const auto folder = folder_of(actor);
  if (auto status = files_.make_directory(folder); !status.ok()) return status;
  const auto older = entries(folder);
  if (!older.ok()) return older.status();
  const auto sequence = older->empty() ? 1 : older->front().sequence + 1;
  const auto content = checkpoint_content({std::string(actor), version, sequence, std::string(bytes)});
  if (auto status = files_.write(folder + '/' + file_name_of(sequence), content); !status.ok()) return status;
  remove_old(actor, *older);
  return sequence;
}

absl::StatusOr<loaded_state> checkpoint_files::load_newest(std::string_view actor,
                                                           const state_versions& versions) const {
  const auto folder = folder_of(actor);
  const auto found = entries(folder);
  if (!found.ok()) return found.status();
  if (found->empty()) return absl::NotFoundError(fmt::format("{} has no checkpoint in {}", actor, folder));
  loaded_state result;
  for (const auto& each : *found) {
    auto state = read(actor, each);
    auto status = state.ok() ? versions.bring_up(*state) : state.status();
    if (status.ok()) {
      result.state = *std::move(state);
      return result;
    }
    result.skipped.push_back(fmt::format("{} is not used: {}", each.path, std::string(status.message())));
  }
  return absl::DataLossError(
      fmt::format("{} has no checkpoint that can be used. {}", actor, absl::StrJoin(result.skipped, ". ")));
}

std::string checkpoint_files::folder_of(std::string_view actor) const {
  return folder_ + '/' + safe_file_name(actor);
}

absl::StatusOr<std::vector<checkpoint_files::entry>>
checkpoint_files::entries(const std::string& folder) const {
  const auto names = files_.list(folder);
  if (absl::IsNotFound(names.status())) return std::vector<entry>{};
  if (!names.ok()) return names.status();
  std::vector<entry> found;
  for (const auto& name : *names) {
    entry each{0, folder + '/' + name};
    if (name.size() == sequence_digits + checkpoint_suffix.size() &&
        absl::SimpleAtoi(name.substr(0, sequence_digits), &each.sequence) &&
        name == file_name_of(each.sequence) && each.sequence < ~std::uint64_t{0}) // there is a next one
      found.push_back(std::move(each));
  }
  std::ranges::reverse(found);
  return found;
}

absl::StatusOr<saved_state> checkpoint_files::read(std::string_view actor, const entry& from) const {
  const auto size_max =
      checkpoint_header_size + actor_name_max + platform::compressed_size_max(settings_.limit_bytes);
  const auto content = files_.read(from.path, size_max);
  if (!content.ok()) return content.status();
  auto state = read_checkpoint(*content, settings_.limit_bytes);
  if (state.ok() && state->actor != actor)
    return absl::DataLossError(fmt::format("it is a checkpoint of {}", state->actor));
  if (state.ok() && state->sequence != from.sequence)
    return absl::DataLossError(fmt::format("it is checkpoint {} under another's name", state->sequence));
  return state;
}

/// A broken one counts for nothing: else it could push out the last whole one.
void checkpoint_files::remove_old(std::string_view actor, const std::vector<entry>& older) {
  std::size_t whole = 1; // the one just written
  for (const auto& each : older) {
    if (whole >= settings_.keep)
      files_.remove(each.path).IgnoreError(); // the next save tries again
    else
      whole += read(actor, each).ok();
  }
  const auto folder = folder_of(actor);
  for (const auto& name : files_.list(folder).value_or(std::vector<std::string>{}))
    if (name.starts_with('.') && name.ends_with(".tmp")) files_.remove(folder + '/' + name).IgnoreError();
}

std::string safe_file_name(std::string_view name) {
  constexpr std::size_t length_max = 150;
  std::string safe;
  for (const char each : name) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(each)) || each == '-' || each == '_')
      safe += each;
    else
      safe += fmt::format("%{:02X}", static_cast<unsigned char>(each));
  }
  if (safe.empty()) return "%";
  if (safe.size() <= length_max) return safe;
  return fmt::format("{}~{:016x}", safe.substr(0, length_max - 17), platform::hash64(name));
}

} // namespace vesta
