#include <catch2/catch.hpp>
#include <condition_variable>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>
#include <unistd.h>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/files.hpp"

using namespace vesta::platform;
namespace fs = std::filesystem;

namespace {

/// A directory of its own, watched; what was seen is kept by path.
class watched {
public:
  watched() {
    fs::create_directory(root / "before");
    std::ofstream(root / "before/known") << "x";
    watch = *inotify_watcher().start(root, [this](const file_event& event) { take(event); });
  }
  ~watched() {
    watch.reset();
    fs::remove_all(root);
  }

  /// Waits until a change of this path was reported that no earlier call has consumed. Fails after a generous
  /// while.
  file_event next(const std::string& name) { return next_at((root / name).string()); }
  file_event next_at(const std::string& path) {
    std::unique_lock lock(mutex);
    INFO("waiting for " << path);
    REQUIRE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return seen.contains(path); }));
    auto event = seen.at(path);
    seen.erase(path);
    return event;
  }
  /// Whether anything of it was reported and not consumed. Events come in order, so ask after a later one.
  bool saw(const std::string& name) {
    const std::lock_guard lock(mutex);
    return seen.contains((root / name).string());
  }
  void write(const std::string& name) { std::ofstream(root / name) << "x"; }

  const fs::path root = *real_files().make_temporary_directory("vesta_test_");
  std::unique_ptr<file_watcher::watch> watch;

private:
  void take(const file_event& event) {
    const std::lock_guard lock(mutex);
    seen[event.path] = event;
    changed.notify_all();
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, file_event> seen;
};

} // namespace

TEST_CASE("a watch reports a file that was written and closed, with the time", "[concurrent]") {
  watched tree;
  const auto before = steady_clock().now();
  tree.write("a.c");
  const auto event = tree.next("a.c");
  CHECK(event.at_ns >= before);
  CHECK(event.at_ns <= steady_clock().now());
  CHECK(event.problem.empty());
  tree.write("before/known");
  tree.next("before/known");
}

TEST_CASE("a file is not reported while its writer holds it open", "[concurrent]") {
  watched tree;
  std::ofstream writer(tree.root / "open.c");
  writer << "half" << std::flush;
  tree.write("later");
  tree.next("later");
  CHECK_FALSE(tree.saw("open.c"));
  writer.close();
  tree.next("open.c");
}

TEST_CASE("an editor that writes beside the file and renames is seen", "[concurrent]") {
  watched tree;
  REQUIRE(real_files().write((tree.root / "before/known").string(), "new").ok());
  tree.next("before/known");
  tree.write("before/.known.swp");
  fs::rename(tree.root / "before/.known.swp", tree.root / "before/known");
  tree.next("before/known");
  tree.next("before/.known.swp");
}

TEST_CASE("a removed or moved file is seen, and so is a link", "[concurrent]") {
  watched tree;
  fs::rename(tree.root / "before/known", tree.root / "moved");
  tree.next("before/known");
  tree.next("moved");
  fs::create_hard_link(tree.root / "moved", tree.root / "hard");
  tree.next("hard");
  fs::create_symlink("moved", tree.root / "soft");
  tree.next("soft");
  fs::remove(tree.root / "moved");
  tree.next("moved");
}

TEST_CASE("directories made later are watched, with what was in them already", "[concurrent]") {
  watched tree;
  fs::create_directories(tree.root / "new/deep");
  tree.write("new/deep/first");
  tree.next("new/deep/first");
  tree.write("new/deep/first");
  tree.next("new/deep/first");

  const fs::path elsewhere = *real_files().make_temporary_directory("vesta_test_");
  fs::create_directory(elsewhere / "in");
  std::ofstream(elsewhere / "in/full") << "x";
  fs::rename(elsewhere / "in", tree.root / "in");
  tree.next("in/full");
  fs::rename(tree.root / "in", elsewhere / "out");
  tree.next("in/full");
  std::ofstream(elsewhere / "out/full") << "y";
  tree.write("later");
  tree.next("later");
  CHECK_FALSE(tree.saw("in/full"));
  fs::remove_all(elsewhere);
}

TEST_CASE("a directory renamed inside the tree is watched under its new name", "[concurrent]") {
  watched tree;
  fs::rename(tree.root / "before", tree.root / "after");
  tree.next("before/known");
  tree.next("after/known");
  tree.write("after/known");
  tree.next("after/known");
  CHECK_FALSE(tree.saw("before/known"));
}

TEST_CASE("when the kernel's queue runs over, every file is reported again", "[concurrent]") {
  watched tree;
  int limit = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
  if (limit <= 0 || limit > 100'000) {
    WARN("skipped: the queue is too long to overflow quickly");
    return;
  }
  // The callback holds the reader until the queue is full.
  std::mutex gate;
  std::unique_lock closed(gate);
  std::map<std::string, int> counts;
  const auto root = tree.root / "flood";
  fs::create_directory(root);
  auto watch = inotify_watcher().start(root, [&](const file_event& event) {
    const std::lock_guard open(gate);
    ++counts[event.path];
  });
  const auto one = (root / "one").string(), two = (root / "two").string(), lost = (root / "lost").string();
  for (int i = 0; i < limit / 2 + 4096; ++i) // alternating, since the kernel merges equal neighbours
    for (const auto& path : {one, two}) ::close(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  std::ofstream(lost) << "x";
  closed.unlock();
  const auto give_up = steady_clock().now() + 20'000'000'000;
  for (bool seen = false; !seen && steady_clock().now() < give_up;) {
    std::this_thread::yield();
    const std::lock_guard open(gate);
    seen = counts.contains(lost);
  }
  watch->reset();
  CHECK(counts[lost] == 1);
}

TEST_CASE("a watch says when its root is gone", "[concurrent]") {
  watched tree;
  fs::remove_all(tree.root);
  CHECK_FALSE(tree.next_at(tree.root).problem.empty());
}

TEST_CASE("a root that was moved away and back is watched again, with what changed meanwhile",
          "[concurrent]") {
  watched tree;
  const auto away = tree.root.string() + "_away";
  fs::rename(tree.root, away);
  CHECK_FALSE(tree.next_at(tree.root).problem.empty());
  tree.next("before/known"); // gone with it
  std::ofstream(away + "/meanwhile") << "x";
  fs::rename(away, tree.root);
  tree.next("meanwhile");
  tree.next("before/known");
  tree.write("before/known");
  CHECK(tree.next("before/known").problem.empty());
}

TEST_CASE("a root that is removed and made anew is watched again", "[concurrent]") {
  watched tree;
  fs::remove_all(tree.root);
  CHECK_FALSE(tree.next_at(tree.root).problem.empty());
  fs::create_directory(tree.root);
  tree.write("new");
  tree.next("new");
}

TEST_CASE("a watch of what is not there is refused in one sentence", "[concurrent]") {
  const auto none = inotify_watcher().start("/nonexistent", {});
  CHECK(absl::IsNotFound(none.status()));
  CHECK(none.status().message() == "cannot watch /nonexistent: No such file or directory");
  CHECK_FALSE(inotify_watcher().start("/proc/self/status", {}).ok());
}

TEST_CASE("after the end of a watch its callback does not run", "[concurrent]") {
  watched tree;
  tree.watch.reset();
  tree.write("late");
  CHECK_FALSE(tree.saw("late"));
}
