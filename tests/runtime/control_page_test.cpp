#include "vesta/runtime/control_page.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <bit>
#include <thread>

#include "vesta/platform/shared_page_simulated.hpp"

using namespace vesta;
using platform::simulated_shared_pages;

namespace {

struct shown_page {
  simulated_shared_pages pages;
  std::unique_ptr<platform::shared_page> mine = *pages.create("vesta.1");
  std::unique_ptr<platform::shared_page_view> seen = *pages.open("vesta.1");
};

/// All figures of it are `n`, so that two moments in one copy show.
control_page page_of(std::uint32_t n) {
  control_page page;
  page.header.frame = page.header.messages = page.header.waiting = n;
  for (auto& record : page.records) {
    record.count = record.p50_ns = record.actors = n;
    put_name(record.name, std::to_string(n));
  }
  return page;
}

bool is_whole(const control_page& page) {
  const auto n = page.header.waiting;
  return std::bit_cast<std::array<char, sizeof(control_page::records)>>(page.records) ==
             std::bit_cast<std::array<char, sizeof(control_page::records)>>(page_of(n).records) &&
         page.header.frame == n && page.header.messages == n;
}

} // namespace

TEST_CASE("what is written to a control page is read, with its magic and layout") {
  shown_page play;
  auto page = page_of(7);
  put_name(page.header.game, "city");
  page.header.pid = 1;
  write_control_page(*play.mine, page);
  const auto read = read_control_page(*play.seen);
  REQUIRE(read.ok());
  CHECK(is_whole(*read));
  CHECK(name_in(read->header.game) == "city");
  CHECK(read->header.pid == 1);
  CHECK(read->header.layout == control_page_layout);
  CHECK(play.seen->words()[0] ==
        std::bit_cast<std::uint64_t>(std::array{'V', 's', 't', 'a', 'P', 'a', 'g', 'e'}));
}

TEST_CASE("a page that nothing was written to, or that was left half written, is unavailable") {
  shown_page play;
  CHECK(absl::IsUnavailable(read_control_page(*play.seen).status()));
  write_control_page(*play.mine, page_of(1));
  CHECK(read_control_page(*play.seen).ok());
  ++play.mine->words()[offsetof(control_header, sequence) / 8];
  const auto half = read_control_page(*play.seen);
  CHECK(absl::IsUnavailable(half.status()));
  CHECK(std::string(half.status().message()).find("half written") != std::string::npos);
}

TEST_CASE("a page of another layout is refused, whatever else stands in it") {
  shown_page play;
  write_control_page(*play.mine, page_of(1));
  for (auto& word : play.mine->words().subspan(2)) word = 0xFFFF'FFFF'FFFF'FFFF;
  play.mine->words()[1] = std::bit_cast<std::uint64_t>(std::array<std::uint32_t, 2>{9, 1});
  const auto read = read_control_page(*play.seen);
  CHECK(absl::IsFailedPrecondition(read.status()));
  CHECK(std::string(read.status().message()).find("layout 9") != std::string::npos);
}

TEST_CASE("records for which there is no room are counted") {
  control_page page;
  for (int i = 0; i < 33; ++i)
    page.add({.kind = record_kind::actors, .count = static_cast<std::uint64_t>(i)});
  CHECK(page.header.records == control_records_max);
  CHECK(page.header.records_left_out == 2);
  CHECK(page.records.back().count == 30);
}

TEST_CASE("a name that is too long for its field is cut and still ends") {
  control_page page;
  put_name(page.header.game, std::string(100, 'x'));
  CHECK(name_in(page.header.game) == std::string(23, 'x'));
  put_name(page.header.game, "y");
  CHECK(name_in(page.header.game) == "y");
  CHECK(page.header.game[22] == '\0');
}

TEST_CASE("a process has its page's name, and other names are none's") {
  CHECK(control_page_name(42) == "vesta.42");
  CHECK(pid_of_control_page("vesta.42") == 42);
  for (const auto* other :
       {"vesta.", "vesta.x", "vesta.4x", "vesta.-1", "vesta.0", "game.42", "vesta.99999999999"})
    CHECK_FALSE(pid_of_control_page(other));
}

TEST_CASE("readers never see a control page of two moments while it is written", "[concurrent]") {
  constexpr std::uint32_t writes = 20'000;
  shown_page play;
  write_control_page(*play.mine, page_of(0));
  std::atomic<int> torn = 0, went_back = 0;
  std::atomic<bool> over = false;
  const auto read = [&] {
    const auto view = *play.pages.open("vesta.1");
    std::uint32_t last = 0;
    do {
      const auto page = read_control_page(*view);
      if (!page.ok()) continue; // the writer was there each time
      torn += !is_whole(*page);
      went_back += page->header.waiting < last;
      last = page->header.waiting;
    } while (!over || last < writes);
  };
  {
    std::jthread one(read), other(read);
    for (std::uint32_t n = 1; n <= writes; ++n) write_control_page(*play.mine, page_of(n));
    over = true;
  }
  CHECK(torn == 0);
  CHECK(went_back == 0);
}
