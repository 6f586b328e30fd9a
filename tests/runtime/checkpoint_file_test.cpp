#include "vesta/runtime/checkpoint_file.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <stdexcept>

#include <fmt/format.h>

#include "vesta/platform/files_simulated.hpp"

using namespace vesta;
using Catch::Matchers::Contains;

namespace {

constexpr std::uint64_t limit = 1 << 20;

struct disk {
  platform::virtual_clock time;
  platform::simulated_files files{time};
  checkpoint_files checkpoints{files, "/saved"};

  std::string path_of(int sequence) const {
    return checkpoints.folder_of("bank") + fmt::format("/{:020}.checkpoint", sequence);
  }
  std::string content(int sequence) const { return *files.read(path_of(sequence), limit); }
  void put(int sequence, std::string_view content) { REQUIRE(files.write(path_of(sequence), content).ok()); }
  void save(int count) {
    for (int i = 0; i < count; ++i) REQUIRE(checkpoints.save("bank", 1, "a state").ok());
  }
};

} // namespace

TEST_CASE("a checkpoint comes back as it was saved, whatever is in it") {
  disk disk;
  std::string all;
  for (int i = 0; i < 100'000; ++i) all.push_back(static_cast<char>(i * 7));
  for (const auto& bytes : {std::string(), std::string("a state"), all}) {
    const auto sequence = disk.checkpoints.save("bank", 1, bytes);
    REQUIRE(sequence.ok());
    const auto loaded = disk.checkpoints.load_newest("bank", {});
    REQUIRE(loaded.ok());
    CHECK(loaded->state.actor == "bank");
    CHECK(loaded->state.version == 1);
    CHECK(loaded->state.sequence == *sequence);
    CHECK(loaded->state.bytes == bytes);
    CHECK(loaded->skipped.empty());
  }
}

TEST_CASE("a checkpoint with any one byte changed, in any bit, is refused") {
  const auto whole = checkpoint_content({"bank", 3, 7, "a state"});
  REQUIRE(read_checkpoint(whole, limit).ok());
  for (std::size_t at = 0; at < whole.size(); ++at)
    for (int flip = 1; flip < 256; ++flip) {
      auto broken = whole;
      broken[at] = static_cast<char>(broken[at] ^ flip);
      if (read_checkpoint(broken, limit).ok()) FAIL("byte " << at << " changed by " << flip);
    }
}

TEST_CASE("a checkpoint cut anywhere, or with anything behind it, is refused") {
  const auto whole = checkpoint_content({"bank", 3, 7, std::string(1000, 'a') + "a state"});
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK_FALSE(read_checkpoint(std::string_view(whole).substr(0, size), limit).ok());
  CHECK_FALSE(read_checkpoint(whole + '\0', limit).ok());
  CHECK_FALSE(read_checkpoint(whole + whole, limit).ok());
}

TEST_CASE("instead of a broken checkpoint the one before is used, and what was wrong is said") {
  disk disk;
  REQUIRE(disk.checkpoints.save("bank", 1, "old").ok());
  REQUIRE(disk.checkpoints.save("bank", 1, "new").ok());
  const auto whole = disk.content(2);
  auto newer_format = whole, changed = whole;
  newer_format[8] = 2;
  changed.back() ^= 1;
  const std::pair<std::string, std::string> rows[] = {
      {"", "it is no checkpoint"},
      {"hello, I am a text", "it is no checkpoint"},
      {whole.substr(0, 30), "it was cut in its header, after 30 bytes"},
      {whole.substr(0, whole.size() - 1), "its checksum is wrong"},
      {std::string(whole.size(), '\0'), "it is no checkpoint"}, // as after a power cut
      {changed, "its checksum is wrong"},
      {newer_format, "it is of format 2, and this Vesta reads format 1"},
      {checkpoint_content({"shop", 1, 2, "new"}), "it is a checkpoint of shop"},
      {checkpoint_content({"bank", 1, 9, "new"}), "it is checkpoint 9 under another's name"},
      {checkpoint_content({"bank", 2, 2, "new"}),
       "its state is of version 2, and the newest that this program knows is 1"},
  };
  for (const auto& [content, wrong] : rows) {
    disk.put(2, content);
    const auto loaded = disk.checkpoints.load_newest("bank", {});
    REQUIRE(loaded.ok());
    CHECK(loaded->state.bytes == "old");
    REQUIRE(loaded->skipped.size() == 1);
    CHECK_THAT(loaded->skipped[0], Contains(disk.path_of(2) + " is not used: " + wrong));
  }
}

TEST_CASE("without a checkpoint that can be used, it is said of each what is wrong") {
  disk disk;
  CHECK(absl::IsNotFound(disk.checkpoints.load_newest("bank", {}).status()));
  disk.save(2);
  disk.put(1, "");
  disk.put(2, disk.content(2).substr(0, 20));
  const auto status = disk.checkpoints.load_newest("bank", {}).status();
  CHECK(absl::IsDataLoss(status));
  CHECK_THAT(std::string(status.message()), Contains("it is no checkpoint") && Contains("after 20 bytes"));
}

TEST_CASE("the last two checkpoints of each actor are kept, and those of others are not touched") {
  disk disk;
  REQUIRE(disk.checkpoints.save("shop", 1, "other").ok());
  disk.save(5);
  const auto names = *disk.files.list(disk.checkpoints.folder_of("bank"));
  CHECK(names ==
        std::vector<std::string>{"00000000000000000004.checkpoint", "00000000000000000005.checkpoint"});
  CHECK(disk.checkpoints.load_newest("shop", {})->state.bytes == "other");
}

TEST_CASE("a broken checkpoint pushes out no whole one, and its number is not used again") {
  disk disk;
  disk.save(2);
  disk.put(3, "torn");
  CHECK(*disk.checkpoints.save("bank", 1, "newest") == 4);
  disk.put(4, "torn");
  const auto loaded = disk.checkpoints.load_newest("bank", {});
  REQUIRE(loaded.ok());
  CHECK(loaded->state.sequence == 2);
  CHECK(loaded->skipped.size() == 2);
}

TEST_CASE("what a killed process left half written is removed by the next save, and what is foreign stays") {
  disk disk;
  disk.save(1);
  const auto folder = disk.checkpoints.folder_of("bank");
  for (const char* name : {".00000000000000000002.checkpoint.123.0.tmp", "notes.txt", "3.checkpoint"})
    REQUIRE(disk.files.write(folder + '/' + name, "half").ok());
  CHECK(disk.checkpoints.load_newest("bank", {})->skipped.empty());
  disk.save(1);
  CHECK(disk.files.list(folder)->size() == 4);
  CHECK(disk.files.info(folder + "/notes.txt").ok());
}

TEST_CASE("a save on a full disk is refused and leaves the older checkpoints") {
  disk disk;
  disk.save(2);
  disk.files.set_capacity(10);
  CHECK(absl::IsResourceExhausted(disk.checkpoints.save("bank", 1, "more").status()));
  CHECK(disk.checkpoints.load_newest("bank", {})->state.sequence == 2);
}

TEST_CASE("a state beyond the limit is neither saved nor loaded") {
  disk disk;
  checkpoint_files small(disk.files, "/saved", {.limit_bytes = 6});
  CHECK(absl::IsResourceExhausted(small.save("bank", 1, "a state").status()));
  disk.save(1);
  const auto status = small.load_newest("bank", {}).status();
  CHECK_THAT(std::string(status.message()), Contains("its state has 7 bytes, more than the 6 allowed here"));
}

TEST_CASE("an older state is brought up step by step, in order") {
  disk disk;
  REQUIRE(disk.checkpoints.save("bank", 1, "1").ok());
  const auto add = [](std::string what) {
    return
        [what](std::string_view bytes) -> absl::StatusOr<std::string> { return std::string(bytes) + what; };
  };
  const state_versions versions{4, {{3, add("4")}, {1, add("2")}, {2, add("3")}}};
  const auto loaded = disk.checkpoints.load_newest("bank", versions);
  REQUIRE(loaded.ok());
  CHECK(loaded->state.bytes == "1234");
  CHECK(loaded->state.version == 4);
}

TEST_CASE("a step that is missing, fails or throws is named, and the state stays as it was") {
  const auto fails = [](std::string_view) -> absl::StatusOr<std::string> {
    return absl::InvalidArgumentError("it is empty");
  };
  const auto throws = [](std::string_view) -> absl::StatusOr<std::string> { throw std::runtime_error("oh"); };
  const auto works = [](std::string_view) -> absl::StatusOr<std::string> { return "other"; };
  const std::pair<state_versions, std::string_view> rows[] = {
      {{3, {{1, works}}}, "its state is of version 1, and no step leads from 2 to 3"},
      {{3, {{1, works}, {2, fails}}},
       "its state is of version 1, and the step from 2 to 3 failed: it is empty"},
      {{2, {{1, throws}}}, "its state is of version 1, and the step from 1 to 2 failed: oh"},
      {{0, {}}, "its state is of version 1, and the newest that this program knows is 0"},
  };
  for (const auto& [versions, sentence] : rows) {
    saved_state state{"bank", 1, 1, "a state"};
    CHECK(std::string(versions.bring_up(state).message()) == sentence);
    CHECK(state.bytes == "a state");
    CHECK(state.version == 1);
  }
}

TEST_CASE("actors of whatever names keep their checkpoints apart, inside the folder") {
  CHECK(safe_file_name("district-3_a") == "district-3_a");
  CHECK(safe_file_name("../etc/passwd") == "%2E%2E%2Fetc%2Fpasswd");
  CHECK(safe_file_name("") == "%");
  const std::string names[] = {"",
                               ".",
                               "..",
                               "a/b",
                               "a%2Fb",
                               "a\\b",
                               "a b",
                               std::string("a\0b", 3),
                               "Grün",
                               "%",
                               std::string(150, 'x'),
                               std::string(151, 'x'),
                               std::string(152, 'x'),
                               std::string(5000, '/')};
  disk disk;
  std::set<std::string> folders;
  for (const auto& name : names) {
    const auto safe = safe_file_name(name);
    CHECK(safe.size() <= 150);
    CHECK(safe.find_first_of("/.\\ ") == std::string::npos);
    folders.insert(safe);
    REQUIRE(disk.checkpoints.save(name, 1, name).ok());
  }
  CHECK(folders.size() == std::size(names));
  for (const auto& name : names) CHECK(disk.checkpoints.load_newest(name, {})->state.bytes == name);
}
