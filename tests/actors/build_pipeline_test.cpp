#include "support/toy.hpp"
#include "vesta/actors/actors.hpp"

using namespace vesta;
using namespace vesta::test;
using text_lines = std::vector<std::string>;
using Catch::Matchers::Contains;

namespace {

constexpr auto* alpha_source = "/toy/modules/alpha.cpp";
constexpr auto* beta_source = "/toy/modules/beta.cpp";
constexpr auto* header = "/toy/modules/shared.h";
constexpr std::int64_t compile_ns = 1000;

std::string after(const std::vector<std::string>& arguments, const std::string& option) {
  const auto it = std::ranges::find(arguments, option);
  return it == arguments.end() ? "" : *std::next(it);
}

void prepare(toy_session& toy) {
  for (const auto* directory : {"/toy/modules", "/builds", "/include"})
    CHECK(toy.files.make_directory(directory).ok());
  for (const auto* path : {alpha_source, beta_source, header, "/toy/tuning.toml"})
    CHECK(toy.files.write(path, "as it was").ok());
}

/// The build pipeline with a simulated disk and a compiler that does what the test says.
struct workshop : among_recorders<build_pipeline_actor> {
  workshop()
      : among_recorders(build_pipeline_spec(), {recorder_of<orchestrator_actor>("orchestrator")},
                        [](toy_session& toy) {
                          prepare(toy);
                          toy.processes.add_program("g++", [&toy](const platform::process_spec& spec) {
                            return compile(toy, spec);
                          });
                        }) {}

  heard& orchestrator = peer("orchestrator");
  platform::simulated_files& files = toy().files;

  /// Every compile succeeds; alpha reads the header, beta does not.
  static platform::simulated_run compile(toy_session& toy, const platform::process_spec& spec) {
    const auto image = after(spec.arguments, "-o"), depfile = after(spec.arguments, "-MF"),
               source = spec.arguments.back();
    const auto read = source == alpha_source ? source + " /toy/modules/../modules/shared.h" : source;
    return {.takes_ns = compile_ns, .effect = [&toy, image, depfile, read] {
              toy.files.write(image, "image of " + read).IgnoreError();
              toy.files.write(depfile, "module.so: " + read + " /usr/include/stdint.h\n").IgnoreError();
            }};
  }

  /// Compiles run for as long as they take, once `count` of them have begun.
  void let_compile(std::size_t count = 1) {
    for (std::size_t ended = 0; ended < count;) {
      if (!toy().processes.next_end()) {
        std::this_thread::yield();
        continue;
      }
      toy().time.advance(compile_ns);
      ended += toy().processes.deliver();
    }
  }
  void build(std::uint64_t change, const std::string& module) { tell(build_requested{change, module}); }
  /// Both modules once, so that what they read is known.
  void open() {
    build(0, "alpha");
    build(0, "beta");
    let_compile(2);
    orchestrator.next(2);
  }
  void save(const std::string& path, const std::string& text) {
    REQUIRE(files.write(path, text).ok());
    files.deliver();
  }
  text_lines jobs() { return files.list("/builds").value(); }
  /// Nothing that came before is still on its way when the answer to this is there.
  void settle() {
    save("/toy/tuning.toml", std::to_string(++saves_));
    CHECK(orchestrator.next() == text_lines{"change_found tuning in tuning.toml"});
  }

private:
  int saves_ = 0;
};

} // namespace

TEST_CASE("a build hands over the image that the compiler made, and removes its directory", "[concurrent]") {
  workshop play;
  play.build(3, "beta");
  play.let_compile();
  CHECK(play.orchestrator.next() == text_lines{"build_finished 3 beta ok"});
  const auto built = play.orchestrator.last<build_finished>();
  CHECK(built.image == "image of /toy/modules/beta.cpp");
  CHECK(built.ended_ns - built.started_ns == compile_ns);
  CHECK(play.jobs().empty());
}

TEST_CASE("a saved source is one change of its module, however many events the save had", "[concurrent]") {
  workshop play;
  play.open();
  REQUIRE(play.files.write(beta_source, "").ok());
  for (int i = 0; i < 20; ++i) REQUIRE(play.files.write(beta_source, "new").ok());
  play.files.deliver();
  CHECK(play.orchestrator.next() == text_lines{"change_found beta in beta.cpp"});
  play.settle();
}

TEST_CASE("files that are saved together are one change, in the game's order", "[concurrent]") {
  workshop play;
  play.open();
  for (const auto* path : {alpha_source, beta_source}) REQUIRE(play.files.write(path, "new").ok());
  play.tell(files_changed{.paths = {beta_source, "/toy/modules/../modules/alpha.cpp"}, .saved_ns = 12});
  CHECK(play.orchestrator.next() == text_lines{"change_found alpha, beta in alpha.cpp, beta.cpp"});
  CHECK(play.orchestrator.last<change_found>().saved_ns == 12);
}

TEST_CASE("a save that changes nothing is no change, and neither is a file that no module reads",
          "[concurrent]") {
  workshop play;
  play.open();
  play.save(beta_source, "as it was");
  play.save("/toy/modules/notes.txt", "buy bread");
  play.save("/toy/modules/.beta.cpp.swp", "an editor's");
  play.settle();
}

TEST_CASE("after a failure of the machine a save of the same is a change of the modules that it hit",
          "[concurrent]") {
  workshop play;
  play.open();
  play.tell(retry_on_save{{"alpha"}});
  play.save(beta_source, "as it was");
  play.save(header, "as it was");
  CHECK(play.orchestrator.next() == text_lines{"change_found alpha in shared.h"});
  play.build(1, "alpha");
  play.let_compile();
  CHECK(play.orchestrator.next() == text_lines{"build_finished 1 alpha ok"});
  play.save(alpha_source, "as it was"); // it has been tried again
  play.settle();
}

TEST_CASE("after a failure of the machine a tuning file that is saved as it was is a change",
          "[concurrent]") {
  workshop play;
  play.open();
  play.tell(retry_on_save{});
  play.save("/toy/tuning.toml", "as it was");
  CHECK(play.orchestrator.next() == text_lines{"change_found tuning in tuning.toml"});
}

TEST_CASE("a changed header rebuilds the modules that read it and no other", "[concurrent]") {
  workshop play;
  play.open();
  play.save(header, "new");
  CHECK(play.orchestrator.next() == text_lines{"change_found alpha in shared.h"});
}

TEST_CASE("a header that is saved while the first build of its reader runs is a change", "[concurrent]") {
  workshop play;
  play.build(0, "alpha");
  while (!play.toy().processes.next_end()) std::this_thread::yield();
  play.save(header, "new");
  play.settle();
  play.let_compile();
  CHECK(play.orchestrator.next(2) ==
        text_lines{"build_finished 0 alpha ok", "change_found alpha in shared.h"});
}

TEST_CASE("a tuning file that is saved as it was is no change", "[concurrent]") {
  workshop play;
  play.open();
  play.save("/toy/tuning.toml", "as it was");
  play.save(beta_source, "new");
  CHECK(play.orchestrator.next() == text_lines{"change_found beta in beta.cpp"});
}

TEST_CASE("an editor that removes a file and writes it anew makes one change", "[concurrent]") {
  workshop play;
  play.open();
  REQUIRE(play.files.remove(beta_source).ok());
  play.files.deliver();
  play.settle();
  play.save(beta_source, "new");
  CHECK(play.orchestrator.next() == text_lines{"change_found beta in beta.cpp"});
}

TEST_CASE("a module's source or a tuning file that stays away is told of once, and what runs goes on",
          "[concurrent]") {
  workshop play;
  play.open();
  const auto [path, line, said] = GENERATE(table<std::string, std::string, std::string>(
      {{beta_source, "edit_refused beta.cpp no_module_source", "\"beta\""},
       {"/toy/tuning.toml", "edit_refused tuning.toml asset_unreadable", "its last values go on"}}));
  REQUIRE(play.files.remove(path).ok());
  play.files.deliver();
  play.save(alpha_source, "new"); // the removal has been seen when this is told
  CHECK(play.orchestrator.next() == text_lines{"change_found alpha in alpha.cpp"});
  play.toy().time.advance(600'000'000);
  CHECK(play.orchestrator.next() == text_lines{line});
  CHECK_THAT(play.orchestrator.last<edit_refused>().text, Contains(path) && Contains(said));
  play.save(path, "anew");
  CHECK_THAT(play.orchestrator.next().front(), Contains("change_found"));
}

TEST_CASE("a header that is gone is the next build's to judge, and so is nobody's file", "[concurrent]") {
  workshop play;
  play.open();
  for (const auto* path : {header, alpha_source}) REQUIRE(play.files.remove(path).ok());
  play.files.deliver();
  play.settle();
  play.toy().time.advance(600'000'000);
  CHECK(play.orchestrator.next() == text_lines{"edit_refused alpha.cpp no_module_source"});
  play.settle();
}

TEST_CASE("an edit of game.toml is told to need a restart, once", "[concurrent]") {
  workshop play;
  play.open();
  play.save("/toy/game.toml", "rate = 2");
  CHECK(play.orchestrator.next() == text_lines{"edit_refused game.toml restart_needed"});
  CHECK(play.orchestrator.last<edit_refused>().text == "game.toml is read at the start: restart to apply");
  play.save("/toy/game.toml", "rate = 2");
  play.settle();
}

TEST_CASE("a folder that went away while it was watched is told of, and its files are not", "[concurrent]") {
  workshop play;
  play.open();
  REQUIRE(play.files.remove("/toy").ok());
  play.files.deliver();
  play.tell(files_changed{.paths = {"/toy"}, .saved_ns = 3, .problem = "it is gone"});
  CHECK(play.orchestrator.next() == text_lines{"edit_refused toy watch_failed"});
  CHECK(play.orchestrator.last<edit_refused>().text == "/toy: it is gone");
  play.toy().time.advance(600'000'000);
  prepare(play.toy()); // it is back
  play.save(beta_source, "new");
  CHECK(play.orchestrator.next() == text_lines{"change_found beta in beta.cpp"});
}

TEST_CASE("what the compiler says is kept whole", "[concurrent]") {
  workshop play;
  const std::string said = "beta.cpp:1:1: error: what is this\n" + std::string(100'000, '~') + "\n1 error\n";
  play.toy().processes.add_program("g++", [said](const platform::process_spec&) {
    return platform::simulated_run{.result = {.exit_status = 1, .output = said}, .takes_ns = compile_ns};
  });
  play.build(1, "beta");
  play.let_compile();
  CHECK(play.orchestrator.next() == text_lines{"build_finished 1 beta compile_failed"});
  CHECK(play.orchestrator.last<build_finished>().text == said);
  CHECK(play.jobs().empty());
}

TEST_CASE("a module without a source is told by its file", "[concurrent]") {
  workshop play;
  REQUIRE(play.files.remove(beta_source).ok());
  play.build(1, "beta");
  CHECK(play.orchestrator.next() == text_lines{"build_finished 1 beta no_module_source"});
  CHECK_THAT(play.orchestrator.last<build_finished>().text,
             Contains("/toy/modules/beta.cpp") && Contains("\"beta\""));
}

TEST_CASE("a compiler that is not there is told by its name, and leaves no directory", "[concurrent]") {
  among_recorders<build_pipeline_actor> play{
      build_pipeline_spec(), {recorder_of<orchestrator_actor>("orchestrator")}, prepare};
  play.tell(build_requested{1, "beta"});
  CHECK(play.peer("orchestrator").next() == text_lines{"build_finished 1 beta no_compiler"});
  CHECK_THAT(play.peer("orchestrator").last<build_finished>().text, Contains("g++"));
  CHECK(play.toy().files.list("/builds").value().empty());
}

TEST_CASE("no build begins on a disk that could not hold its image", "[concurrent]") {
  workshop play;
  play.files.set_capacity(1000);
  play.build(1, "beta");
  CHECK(play.orchestrator.next() == text_lines{"build_finished 1 beta build_io"});
  CHECK_THAT(play.orchestrator.last<build_finished>().text,
             Contains("/builds") && Contains("free some space"));
  CHECK(play.jobs().empty());
}

TEST_CASE("a build whose image did not fit on the disk is told as such", "[concurrent]") {
  workshop play;
  play.toy().processes.add_program("g++",
                                   [](const platform::process_spec&) { return platform::simulated_run{}; });
  play.build(1, "beta");
  play.let_compile();
  CHECK(play.orchestrator.next() == text_lines{"build_finished 1 beta build_io"});
  CHECK_THAT(play.orchestrator.last<build_finished>().text, Contains("module.so"));
}

TEST_CASE("a compiler that fails on a full disk has not judged the source", "[concurrent]") {
  workshop play;
  play.toy().processes.add_program("g++", [&play](const platform::process_spec&) {
    return platform::simulated_run{.result = {.exit_status = 1, .output = "No space left on device"},
                                   .takes_ns = compile_ns,
                                   .effect = [&play] { play.files.set_capacity(1000); }};
  });
  play.build(1, "beta");
  play.let_compile();
  CHECK(play.orchestrator.next() == text_lines{"build_finished 1 beta build_io"});
  CHECK(play.orchestrator.last<build_finished>().text == "No space left on device");
}

TEST_CASE("a compiler that does not end is ended after two minutes", "[concurrent]") {
  workshop play;
  play.toy().processes.add_program("g++", [](const platform::process_spec&) {
    return platform::simulated_run{.takes_ns = std::numeric_limits<std::int64_t>::max()};
  });
  play.build(1, "beta");
  while (!play.toy().processes.next_end()) std::this_thread::yield();
  play.toy().time.advance(120'000'000'000);
  play.toy().processes.deliver();
  CHECK(play.orchestrator.next() == text_lines{"build_finished 1 beta build_timed_out"});
  CHECK(play.jobs().empty());
}

TEST_CASE("a cancelled change's builds end without a word, those that run and those that wait",
          "[concurrent]") {
  workshop play;
  play.build(1, "alpha"); // the one efficiency core: beta has to wait
  play.build(1, "beta");
  while (!play.toy().processes.next_end()) std::this_thread::yield();
  play.tell(build_cancelled{1});
  while (play.toy().processes.next_end() != play.toy().time.now()) std::this_thread::yield(); // ends at once
  play.build(2, "alpha");
  play.let_compile(2);
  CHECK(play.orchestrator.next() == text_lines{"build_finished 2 alpha ok"});
  CHECK(play.orchestrator.unread().empty());
  CHECK(play.jobs().empty());
}

TEST_CASE("compilers of an edit run at idle priority on the efficiency cores, those of the opening anywhere",
          "[concurrent]") {
  workshop play;
  std::mutex mutex;
  std::vector<platform::process_spec> seen;
  play.toy().processes.add_program("g++", [&](const platform::process_spec& spec) {
    const std::lock_guard lock{mutex};
    seen.push_back(spec);
    return workshop::compile(play.toy(), spec);
  });
  play.open();
  play.build(1, "beta");
  play.let_compile();
  play.orchestrator.next();
  const std::lock_guard lock{mutex};
  REQUIRE(seen.size() == 3);
  CHECK_FALSE(seen[0].idle_priority);
  CHECK(seen[0].cores.empty());
  CHECK(seen[2].idle_priority);
  CHECK(seen[2].cores == std::vector<int>{0});
}

TEST_CASE("a killed build pipeline still hands over the build that ran, and watches on", "[concurrent]") {
  workshop play;
  play.open();
  play.build(1, "beta");
  while (!play.toy().processes.next_end()) std::this_thread::yield();
  play.actors()->kill("build_pipeline", "a test");
  play.actors().log.wait_for(2);
  play.let_compile();
  CHECK(play.orchestrator.next() == text_lines{"build_finished 1 beta ok"});
  CHECK(play.jobs().empty());
  play.save(header, "new");
  CHECK(play.orchestrator.next() == text_lines{"change_found alpha in shared.h"});
}

TEST_CASE("a build that outlived its pipeline's incarnation can still be cancelled", "[concurrent]") {
  workshop play;
  play.build(1, "alpha");
  while (!play.toy().processes.next_end()) std::this_thread::yield();
  play.actors()->kill("build_pipeline", "a test");
  play.actors().log.wait_for(2);
  play.tell(build_cancelled{1});
  while (play.toy().processes.next_end() != play.toy().time.now()) std::this_thread::yield(); // ends at once
  play.build(2, "beta");
  play.let_compile(2);
  CHECK(play.orchestrator.next() == text_lines{"build_finished 2 beta ok"});
}

TEST_CASE("a folder that cannot be watched is a failure of the start that says so", "[concurrent]") {
  among_recorders<build_pipeline_actor> play{build_pipeline_spec(),
                                             {recorder_of<orchestrator_actor>("orchestrator")}};
  play.actors().log.wait_for(1);
  const auto failure = play.actors().log.failures().front();
  CHECK(failure.code == error_code::watch_failed);
  CHECK_THAT(failure.text, Contains("/toy"));
}
