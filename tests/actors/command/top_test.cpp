#include "vesta/actors/command/top.hpp"

#include <sstream>

#include "vesta/messages/errors.hpp"
#include "vesta/messages/lifecycle.hpp"
#include "vesta/platform/shared_page_simulated.hpp"
#include "vesta/runtime/control_page.hpp"

using Catch::Contains;
using namespace vesta;
using namespace vesta::command;

namespace {

control_page city_page(std::uint64_t frame = 3601) {
  control_page page;
  page.header.frame = frame;
  put_name(page.header.game, "city");
  return page;
}

/// Games on a machine of the test's own, and what `vesta top` says of them.
struct machine {
  platform::virtual_clock time;
  platform::simulated_shared_pages pages;
  std::map<int, std::unique_ptr<platform::shared_page>> games;
  std::vector<std::function<void()>> meanwhile; ///< between two looks; then Ctrl-C
  std::size_t rows = 50;
  std::ostringstream out;

  void begin(int pid, const control_page& page = city_page()) {
    games[pid] = *pages.create(control_page_name(pid));
    write_control_page(*games[pid], page);
  }
  /// The sentence of an error, or what was shown.
  std::string top(std::optional<int> pid = {}, bool terminal = false, bool once = false) {
    out.str("");
    std::size_t looks = 0;
    const auto status = run_top({.pid = pid,
                                 .once = once,
                                 .pages = pages,
                                 .time = time,
                                 .process_exists = [](int it) { return it < 100; },
                                 .rows = [&] { return rows; },
                                 .wait =
                                     [&] {
                                       if (looks == meanwhile.size()) return true;
                                       meanwhile[looks++]();
                                       return false;
                                     }},
                                {out, out, terminal});
    return status.ok() ? out.str() : std::string(status.status().message());
  }
};

} // namespace

TEST_CASE("the only game is found, and named processes are looked up") {
  machine here;
  here.begin(7);
  CHECK_THAT(here.top(), Contains("city") && Contains("frame 3,601"));
  here.begin(8, city_page(5));
  CHECK_THAT(here.top(8), Contains("frame 5 "));
}

TEST_CASE("several games are listed when none is named") {
  machine here;
  here.begin(7);
  here.begin(8, city_page(5));
  CHECK_THAT(here.top(), Contains("2 games run") && Contains("`vesta top 7`"));
  CHECK_THAT(here.out.str(), Contains("7  city") && Contains("8  city") && Contains("frame 5,"));
}

TEST_CASE("what cannot be shown is one sentence each") {
  machine here;
  CHECK_THAT(here.top(), Contains("no game runs"));
  CHECK_THAT(here.top(123), Contains("there is no process 123"));
  CHECK_THAT(here.top(50), Contains("process 50 is no game under Vesta"));
  here.begin(123);
  here.pages.kill("vesta.123");
  CHECK_THAT(here.top(), Contains("no game runs"));
  CHECK_THAT(here.top(123), Contains("there is no process 123"));
  here.begin(9);
  here.games[9]->words()[1] = 77;
  CHECK_THAT(here.top(9), Contains("process 9 runs another version of Vesta") && Contains("layout 77"));
}

TEST_CASE("on a terminal the table is renewed in its place until Ctrl-C") {
  machine here;
  here.begin(7, city_page(1));
  here.meanwhile = {[&] { write_control_page(*here.games[7], city_page(2)); }};
  const auto shown = here.top(7, true);
  CHECK_THAT(shown, Contains("frame 1 ") && Contains("frame 2 "));
  const auto lines = std::count(shown.begin(), shown.end(), '\n') / 2;
  CHECK_THAT(shown, Contains("\x1b[" + std::to_string(lines) + "A"));
  CHECK_THAT(here.top(7, true, true), !Contains("\x1b"));
  CHECK_THAT(here.top(7, false), !Contains("\x1b"));
}

TEST_CASE("a table that is longer than the terminal is cut, so that the next one finds its place") {
  machine here;
  here.begin(7);
  here.rows = 3;
  const auto shown = here.top(7, true);
  CHECK(std::count(shown.begin(), shown.end(), '\n') == 2);
}

TEST_CASE("a game that ends or dies while it is watched is a sentence") {
  machine here;
  here.begin(7);
  here.meanwhile = {[&] { here.games.erase(7); }};
  CHECK(here.top(7, true) == "the game of process 7 has ended");
  here.begin(7);
  here.meanwhile = {[&] { here.pages.kill("vesta.7"); }};
  CHECK(here.top(7, true) == "the game of process 7 has ended");
}

TEST_CASE("a page that its game has yet to write is waited for") {
  machine here;
  here.games[7] = *here.pages.create("vesta.7");
  here.meanwhile = {[&] { write_control_page(*here.games[7], city_page(4)); }};
  CHECK_THAT(here.top(7), Contains("frame 4 "));
}
