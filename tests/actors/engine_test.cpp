#include <filesystem>
#include <fstream>

#include "platform/compiled_module.hpp"
#include "support/journal_file.hpp"
#include "support/quiet_log.hpp"
#include "support/test_node.hpp"
#include "vesta/actors/command/crowd.hpp"
#include "vesta/actors/engine.hpp"
#include "vesta/platform/files.hpp"
#include "vesta/platform/process.hpp"
#include "vesta/platform/shared_page.hpp"
#include "vesta/platform/topology.hpp"
#include "vesta/runtime/control_page.hpp"

using namespace vesta;
using namespace vesta::test;
using Catch::Matchers::Contains;

namespace {

namespace fs = std::filesystem;

/// Compiles each source once and hands out copies from then on, so that many openings cost the compiles of
/// one.
constexpr auto* remembering_compiler = R"(#!/bin/sh
for word; do
  case $before in -o) image=$word ;; -MF) depfile=$word ;; esac
  before=$word
done
known=$(dirname "$0")/$(cksum < "$before" | tr ' ' -)
if [ ! -e "$known.d" ]; then
  g++ "$@" || exit
  cp "$image" "$known.so" && cp "$depfile" "$known.d"
else
  cp "$known.so" "$image" && cp "$known.d" "$depfile"
fi
)";

/// A private copy of the example city, and the compiler for it.
class city {
public:
  city() {
    fs::copy(fs::path(VESTA_SOURCE_DIR) / "examples/city", folder_ / "city", fs::copy_options::recursive);
    std::ofstream(folder_ / "compiler") << remembering_compiler;
    fs::permissions(folder_ / "compiler", fs::perms::owner_all);
  }

  absl::StatusOr<std::unique_ptr<engine>> open(const std::vector<std::string>& overrides,
                                               const std::string& journal = {}) {
    return engine::open({.game_folder = folder_ / "city",
                         .overrides = overrides,
                         .cores = platform::find_topology().value(),
                         .compiler = folder_ / "compiler",
                         .districts_per_core = 2,
                         .probation_frames = 10,
                         .journal = journal});
  }
  /// Why it cannot be opened.
  std::string refusal(const std::vector<std::string>& overrides) {
    const auto made = open(overrides);
    REQUIRE_FALSE(made.ok());
    return std::string(made.status().message());
  }

  fs::path operator/(const std::string& name) const { return folder_ / ("city/" + name); }
  /// As an editor does it: the new file takes the old one's place at once.
  void save(const std::string& name, const std::string& text) const {
    REQUIRE(platform::real_files().write(*this / name, text).ok());
  }
  void replace(const std::string& name, const std::string& found, const std::string& by) const {
    auto text = read_bytes(*this / name);
    const auto at = text.find(found);
    REQUIRE(at != text.npos);
    save(name, text.replace(at, found.size(), by));
  }

private:
  scratch_directory folder_;
};

/// One city for all tests that leave it as it is.
city& untouched_city() {
  static city shared;
  return shared;
}

/// A city at its frames, ended when the test is over.
struct running_city {
  explicit running_city(city& of, const std::vector<std::string>& overrides = {"citizens=20000"}) {
    auto made = of.open(overrides);
    INFO(made.status().message());
    REQUIRE(made.ok());
    game = std::move(*made);
    game->begin();
  }
  ~running_city() { game->end(); }

  /// The report, once it is as `wanted` says.
  template <class Wanted>
  run_report wait_until(Wanted wanted) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    auto report = game->report();
    while (!wanted(report) && std::chrono::steady_clock::now() < limit) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      report = game->report();
    }
    CAPTURE(caf::deep_to_string(report.changes), caf::deep_to_string(report.failures), report.frames.frames);
    REQUIRE(wanted(report));
    return report;
  }
  /// The change of this number, once it has this verdict.
  change_report wait_for(std::uint64_t change, verdict_on_change verdict) {
    const auto is_it = [&](const change_report& it) { return it.change == change && it.verdict == verdict; };
    const auto report =
        wait_until([&](const run_report& all) { return std::ranges::any_of(all.changes, is_it); });
    return *std::ranges::find_if(report.changes, is_it);
  }
  /// So many frames more.
  void run(std::uint64_t frames) {
    const auto until = game->report().frames.frames + frames;
    wait_until([&](const run_report& all) { return all.frames.frames >= until; });
  }

  const quiet_log quiet;
  std::unique_ptr<engine> game;
};

/// Temporary directories are made here while it lives.
class temporary_place {
public:
  explicit temporary_place(const std::string& path) { setenv("TMPDIR", path.c_str(), 1); }
  ~temporary_place() { before_.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before_.c_str(), 1); }
  temporary_place(const temporary_place&) = delete;
  temporary_place& operator=(const temporary_place&) = delete;

private:
  const std::string before_ = std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "";
};

const auto real_cities = fs::path(VESTA_SOURCE_DIR) / "../shared/data/cities";

/// False, after a word, where the real cities are not; then a test has nothing to test, and with CI=true
/// fails.
bool has_real_cities() {
  if (fs::is_directory(real_cities)) return true;
  const char* ci = std::getenv("CI");
  if (ci != nullptr && std::string(ci) == "true") FAIL("no real cities in " << real_cities);
  WARN("SKIPPED: no real cities in " << real_cities);
  return false;
}

} // namespace

TEST_CASE("a city lives through good and bad edits, a crash and kills without losing its frames",
          "[engine][concurrent]") {
  city private_copy;
  running_city run{private_copy};
  run.run(5);

  private_copy.replace("modules/economy.cpp", "wage = 0.10;", "wage = 0.30;");
  const auto good = run.wait_for(1, verdict_on_change::live);
  CHECK(good.modules == std::vector<std::string>{"economy"});
  CHECK(good.times.saved_ns < good.times.built_ns);
  CHECK(good.times.verified_ns < good.times.live_ns);

  private_copy.replace("modules/traffic.cpp", "1 + load", "1 + lode");
  CHECK_THAT(run.wait_for(2, verdict_on_change::compile_error).text, Contains("lode"));

  private_copy.replace("modules/power.cpp", "static int step(const vesta_frame* frame) {",
                       "static int step(const vesta_frame* frame) {\n  *(volatile int*)16 = 1;");
  CHECK_THAT(run.wait_for(3, verdict_on_change::rolled_back).text, Contains("SIGSEGV"));
  run.run(5);
  private_copy.save("modules/power.cpp", read_bytes(private_copy / "modules/power.cpp") + "// saved again\n");
  CHECK(run.wait_for(4, verdict_on_change::refused).code == error_code::quarantined_build);

  private_copy.save("tuning.toml", "tax_rate = 9\n");
  CHECK(run.wait_for(5, verdict_on_change::live).files == "tuning.toml");
  private_copy.save("tuning.toml", "tax_rate = 99\n");
  CHECK_THAT(run.wait_for(6, verdict_on_change::refused).text, Contains("tax_rate"));

  for (const auto* name : {"versioning", "orchestrator", "district_1", "frame_clock"}) {
    CHECK(run.game->kill(name, "a test"));
    run.wait_until([&](const run_report& all) {
      return std::ranges::any_of(all.failures,
                                 [&](const auto& it) { return it.what.actor == name && it.by == "restart"; });
    });
  }
  run.run(5);
  private_copy.replace("modules/power.cpp", "  *(volatile int*)16 = 1;", "");
  run.wait_for(7, verdict_on_change::live);
  const auto report = run.game->report();
  CHECK(report.module_failures.size() == 1);
  CHECK(report.failures.size() == 4);
}

TEST_CASE("frames can end and begin anew", "[engine][concurrent]") {
  running_city run{untouched_city()};
  run.run(3);
  run.game->end();
  const auto ended = run.game->report().frames.frames;
  CHECK(run.game->report().frames.frames == ended);
  run.game->begin();
  run.run(3);
}

TEST_CASE("any thread of the host sets parameters, and hears at once of those that cannot be",
          "[engine][concurrent]") {
  auto made = untouched_city().open({"citizens=20000"});
  INFO(made.status().message());
  REQUIRE(made.ok());
  auto& game = **made;
  CHECK_THAT(std::string(game.set_parameter("tax", 1).message()), Contains("\"tax\""));
  CHECK_THAT(std::string(game.set_parameter("tax_rate", 1e9).message()), Contains("tax_rate"));
  CHECK_THAT(std::string(game.set_parameter("citizens", 5).message()), Contains("number of rows"));
  std::atomic<std::uint64_t> refused = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i)
        if (const auto status = game.set_parameter("tax_rate", i % 10);
            status.code() == absl::StatusCode::kResourceExhausted)
          ++refused;
    });
  for (auto& each : threads) each.join();
  CHECK(refused == 400 - 256); // no frame has run
  CHECK(game.values_refused() == refused);
  game.begin();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  auto status = game.set_parameter("tax_rate", 9);
  while (!status.ok() && std::chrono::steady_clock::now() < limit) status = game.set_parameter("tax_rate", 9);
  CHECK(status.ok());
  game.end();
}

TEST_CASE("each of the ten real cities opens and runs", "[engine][concurrent]") {
  if (!has_real_cities()) return;
  std::size_t cities = 0;
  for (const auto& each : fs::directory_iterator(real_cities)) {
    if (each.path().extension() != ".cty") continue;
    INFO(each.path());
    ++cities;
    running_city run{untouched_city(), {"map=" + each.path().string(), "citizens=20000"}};
    run.run(10);
    CHECK(run.game->report().module_failures.empty());
  }
  CHECK(cities == 10);
}

TEST_CASE("a map that is too short or too long is refused in one sentence", "[engine][concurrent]") {
  const scratch_directory folder;
  std::ofstream(folder / "short.cty") << std::string(27'119, '\0');
  std::ofstream(folder / "long.cty") << std::string(27'122, '\0');
  std::ofstream(folder / "empty.cty");
  for (const auto* name : {"short.cty", "long.cty", "empty.cty"}) {
    const auto text = untouched_city().refusal({"map=" + (folder / name).string(), "citizens=20000"});
    INFO(text);
    CHECK_THAT(text, Contains("27120") || Contains("27,120"));
    CHECK(std::ranges::count(text, '\n') == 0);
  }
  CHECK_THAT(untouched_city().refusal({"map=/nowhere/a.cty"}), Contains("/nowhere/a.cty"));
}

TEST_CASE("a number of citizens that is out of bounds is refused with the bounds", "[engine]") {
  for (const auto* value :
       {"citizens=0", "citizens=1000000000000", "citizens=1e12", "citizens=-1", "citizens=many"}) {
    INFO(value);
    CHECK_THAT(untouched_city().refusal({value}), Contains("citizens"));
  }
  CHECK_THAT(untouched_city().refusal({"citizens=0"}), Contains("1") && Contains("10000000"));
  CHECK_THAT(untouched_city().refusal({"citizen=5"}), Contains("citizens"));
}

TEST_CASE("a folder without a game and a compiler that is not there are refused by their names", "[engine]") {
  const scratch_directory empty;
  const auto cores = platform::find_topology().value();
  const auto nothing = engine::open({.game_folder = empty / "", .cores = cores});
  REQUIRE_FALSE(nothing.ok());
  CHECK_THAT(std::string(nothing.status().message()), Contains("game.toml"));
  const auto mute =
      engine::open({.game_folder = untouched_city() / "", .cores = cores, .compiler = "no-such-compiler"});
  REQUIRE_FALSE(mute.ok());
  CHECK_THAT(std::string(mute.status().message()), Contains("no-such-compiler"));
}

TEST_CASE("an engine that is given no cores finds them, and one that is not there is named",
          "[engine][concurrent]") {
  const quiet_log quiet;
  auto made = engine::open({.game_folder = untouched_city() / "",
                            .overrides = {"citizens=2000"},
                            .compiler = untouched_city() / "../compiler"});
  INFO(made.status().message());
  REQUIRE(made.ok());
  (*made)->begin();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto frames = [&] { return (*made)->report().frames.frames; };
  while (frames() < 3 && std::chrono::steady_clock::now() < limit)
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  CHECK(frames() >= 3);
  (*made)->end();
  const auto nowhere = engine::open({.game_folder = untouched_city() / "", .cores = {.performance = {4095}}});
  REQUIRE_FALSE(nowhere.ok());
  CHECK_THAT(std::string(nowhere.status().message()), Contains("4095"));
}

TEST_CASE("a game that does not compile is refused with the compiler's words, and leaves nothing behind",
          "[engine][concurrent]") {
  const scratch_directory temporaries;
  city private_copy;
  private_copy.replace("modules/fire.cpp", "static int step", "static imt step");
  const temporary_place here{temporaries / ""};
  CHECK_THAT(private_copy.refusal({"citizens=1000"}), Contains("imt"));
  std::vector<std::string> left;
  for (const auto& each : fs::recursive_directory_iterator(temporaries / ""))
    left.push_back(each.path().string());
  CHECK(left == std::vector<std::string>{});
}

TEST_CASE("a running game shows itself in its process's control page, which goes with it, unless told not to",
          "[engine][concurrent]") {
  const auto& pages = platform::real_shared_pages();
  const auto name = control_page_name(platform::this_process());
  {
    running_city play(untouched_city());
    play.run(10);
    play.wait_until([&](const run_report&) {
      const auto page = read_control_page(**pages.open(name));
      return page.ok() && page->header.frame >= 10;
    });
    const auto page = *read_control_page(**pages.open(name));
    CHECK(name_in(page.header.game) == "city");
    CHECK(page.header.pid == platform::this_process());
    CHECK(page.header.messages > 100);
    CHECK(page.header.frame_max_ns > 0);
    CHECK(page.header.records > 14);
    CHECK(page.records[0].kind == record_kind::module);
    CHECK(name_in(page.records[0].name) == "map");
    CHECK(page.records[0].state == static_cast<std::uint8_t>(lifecycle::active));
    CHECK(page.records[0].version == 1);
    CHECK(page.records[0].count >= 10);
    CHECK(page.records[6].kind == record_kind::module);
    CHECK(page.records[7].kind == record_kind::actors);
  }
  CHECK(absl::IsNotFound(pages.open(name).status()));
  const auto unseen = engine::open({.game_folder = untouched_city() / "",
                                    .overrides = {"citizens=1000"},
                                    .cores = platform::find_topology().value(),
                                    .compiler = untouched_city() / "../compiler",
                                    .control_page = false});
  REQUIRE(unseen.ok());
  CHECK(absl::IsNotFound(pages.open(name).status()));
}

TEST_CASE("a host's own actors run below the game's root", "[engine][concurrent]") {
  const auto game = engine::open({.game_folder = untouched_city() / "",
                                  .overrides = {"citizens=1000"},
                                  .cores = platform::find_topology().value(),
                                  .compiler = untouched_city() / "../compiler",
                                  .supervisors = command::crowd_tree({.actors = 2})});
  REQUIRE(game.ok());
  auto& actors = (*game)->actors();
  REQUIRE((*game)->kill("crowd_1", "by a test"));
  command::set_demand(actors, 10);
  while (command::account_of(actors).handled < 10) std::this_thread::yield();
  command::set_demand(actors, 0);
  while (command::account_of(actors).lost() > 0) std::this_thread::yield();
  CHECK(command::account_of(actors).twice == 0);
}

TEST_CASE("a host's own supervisors that contradict the game's tree are refused in one sentence",
          "[engine]") {
  const auto game = engine::open({.game_folder = untouched_city() / "",
                                  .overrides = {"citizens=1000"},
                                  .cores = platform::find_topology().value(),
                                  .compiler = untouched_city() / "../compiler",
                                  .supervisors = {{.name = "frame_clock"}}});
  REQUIRE_FALSE(game.ok());
  CHECK_THAT(std::string(game.status().message()), Contains("\"frame_clock\""));
}

TEST_CASE("a hosted engine runs its frames inside tick alone, on the host's time, and swaps there too",
          "[concurrent]") {
  city own;
  auto made = engine::open({.game_folder = own / "",
                            .overrides = {"citizens=20000"},
                            .cores = platform::find_topology().value(),
                            .compiler = own / "../compiler",
                            .districts_per_core = 2,
                            .probation_frames = 10,
                            .hosted = true});
  INFO(made.status().message());
  REQUIRE(made.ok());
  auto& game = **made;
  game.begin();
  const auto play = [&](int frames, platform::nanoseconds step) {
    for (int i = 0; i < frames; ++i) {
      game.tick({.budget = 0, .advance = step});
      while (game.tick({.budget = 1'000'000'000, .advance = 0}).turns > 0) {
      }
    }
    return game.report().frames.frames;
  };
  const auto before = play(1, 0);
  const auto played = play(20, 20'000'000); // its rate is 60 a second: one frame a step at the most
  CHECK(played >= before + 10);
  CHECK(played <= before + 21);
  for (int i = 0; i < 20; ++i) play(1, 0); // a report is no reason for time to pass
  CHECK(play(1, 0) <= played + 1);
  own.save("modules/economy.cpp", read_bytes(own / "modules/economy.cpp") + "\n// touched\n");
  const auto is_live = [&] {
    const auto changes = game.report().changes;
    return !changes.empty() && changes.front().verdict == verdict_on_change::live;
  };
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!is_live() && std::chrono::steady_clock::now() < limit) play(1, 20'000'000);
  CHECK(is_live());
  game.end();
}

TEST_CASE("a game with a journal writes down what failed and what cured it") {
  const quiet_log quiet;
  const journal_file file;
  {
    auto game = untouched_city().open({"citizens=1000"}, file.path());
    REQUIRE(game.ok());
    REQUIRE((*game)->kill("versioning", "a test"));
    const auto cured = [&] {
      return std::ranges::any_of(file.records({.actor = "versioning"}),
                                 [](const kept_record& it) { return it.kind == "recovered"; });
    };
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!cured() && std::chrono::steady_clock::now() < limit) std::this_thread::yield();
    CHECK(cured());
    // One journal has one writer.
    const auto another = untouched_city().open({"citizens=1000"}, file.path());
    CHECK_THAT(std::string(another.status().message()), Contains("written by another process"));
  }
  const auto found = file.records();
  CHECK(found.front().line() == "1 started engine/0 0x0000 : city");
  CHECK(found.back().kind == "stopped");
  CHECK(std::ranges::any_of(found, [](const kept_record& it) {
    return it.kind == "failure" && it.actor == "versioning" && it.recovery == "restart";
  }));
  CHECK_THAT(file.verdict(), Catch::StartsWith("the chain holds"));
}
