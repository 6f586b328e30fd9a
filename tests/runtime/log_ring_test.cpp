#include "vesta/runtime/log_ring.hpp"

#include <catch2/catch.hpp>
#include <spdlog/details/os.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace vesta;

namespace {

/// Keeps what it is told, and can hold up the thread that writes.
class notebook final : public spdlog::sinks::sink {
public:
  struct line {
    std::string logger, text;
    spdlog::level::level_enum level;
    spdlog::log_clock::time_point time;
    std::size_t thread;
  };

  void log(const spdlog::details::log_msg& what) override {
    const std::string text(what.payload.data(), what.payload.size());
    if (text == "hold") {
      held.release();
      go_on.acquire();
    }
    if (text == "throw") throw std::runtime_error("a sink that throws");
    if (text == "throw an int") throw 1;
    if (text == "say more") spdlog::logger("", front).critical("more");
    const std::lock_guard lock{mutex_};
    lines_.push_back(
        {{what.logger_name.data(), what.logger_name.size()}, text, what.level, what.time, what.thread_id});
  }
  void flush() override { ++flushes; }
  void set_pattern(const std::string& pattern) override { patterns.push_back(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter>) override { patterns.emplace_back("a formatter"); }

  std::vector<line> lines() {
    const std::lock_guard lock{mutex_};
    return lines_;
  }
  std::vector<std::string> texts() {
    std::vector<std::string> all;
    for (const auto& each : lines()) all.push_back(each.text);
    return all;
  }

  std::binary_semaphore held{0}, go_on{0};
  std::atomic<int> flushes = 0;
  std::vector<std::string> patterns;
  std::shared_ptr<spdlog::sinks::sink> front;

private:
  std::mutex mutex_;
  std::vector<line> lines_;
};

/// A logger with a ring in front of a notebook, and nobody else's.
struct ringed_logger {
  explicit ringed_logger(const log_ring_options& options = {}) {
    const spdlog::logger behind("behind", book);
    ring = std::make_shared<ring_sink>(behind, options);
    front = std::make_unique<spdlog::logger>("front", ring);
  }
  void say(const std::string& text) const { front->info(text); }

  std::shared_ptr<notebook> book = std::make_shared<notebook>();
  std::shared_ptr<ring_sink> ring;
  std::unique_ptr<spdlog::logger> front;
};

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("several threads' lines are all written, each thread's in its order", "[concurrent]") {
  constexpr int threads = 3, each = 2000;
  const ringed_logger log({.waiting_max = threads * each});
  std::vector<std::thread> speakers;
  for (int t = 0; t < threads; ++t)
    speakers.emplace_back([&log, t] {
      for (int i = 0; i < each; ++i) log.say(std::to_string(t) + " " + std::to_string(i));
    });
  for (auto& speaker : speakers) speaker.join();
  log.ring->flush();
  int next[threads] = {};
  for (const auto& text : log.book->texts()) {
    const auto speaker = static_cast<std::size_t>(text[0] - '0');
    CHECK(text.substr(2) == std::to_string(next[speaker]++));
  }
  for (const int count : next) CHECK(count == each);
  CHECK(log.ring->lost() == 0);
}

TEST_CASE("who flushes finds all its lines written, whoever else logs meanwhile", "[concurrent]") {
  constexpr int threads = 3, each = 20;
  const ringed_logger log;
  std::atomic<int> missing = 0;
  std::vector<std::thread> speakers;
  for (int t = 0; t < threads; ++t)
    speakers.emplace_back([&, t] {
      for (int i = 0; i < each; ++i) {
        const auto mine = std::to_string(t) + " " + std::to_string(i);
        log.say(mine);
        log.ring->flush();
        const auto all = log.book->texts();
        missing += std::ranges::find(all, mine) == all.end();
      }
    });
  for (auto& speaker : speakers) speaker.join();
  CHECK(missing == 0);
  CHECK(log.book->flushes > 0);
}

TEST_CASE("lines that find no room are counted, and the log says in their place how many", "[concurrent]") {
  const ringed_logger log({.waiting_max = 4});
  log.say("hold");
  log.book->held.acquire(); // the writer has it, so four find room
  for (const auto* text : {"1", "2", "3", "4", "5", "6", "7"}) log.say(text);
  CHECK(log.ring->lost() == 3);
  log.book->go_on.release();
  log.ring->flush();
  const std::string told = "lines of the log lost here: 3; they came faster than they could be written";
  CHECK(log.book->texts() == texts{"hold", "1", "2", "3", "4", told});
  CHECK(log.book->lines().back().level == spdlog::level::err);
  log.say("8");
  log.ring->flush();
  CHECK(log.book->texts() == texts{"hold", "1", "2", "3", "4", told, "8"});
  CHECK(log.ring->lost() == 3);
}

TEST_CASE("lines that were logged after a loss come after it, though the writer sees both at once",
          "[concurrent]") {
  const ringed_logger log({.waiting_max = 2});
  log.say("hold");
  log.book->held.acquire();
  log.say("hold"); // these two come in one batch
  log.say("hold");
  log.book->go_on.release();
  log.book->held.acquire();
  log.say("1");
  log.say("2"); // no room
  log.book->go_on.release();
  log.book->held.acquire();
  log.say("3"); // with "1" in the next batch
  log.book->go_on.release();
  log.ring->flush();
  const auto all = log.book->texts();
  REQUIRE(all.size() == 6);
  CHECK(all[3] == "1");
  CHECK(all[4].starts_with("lines of the log lost here: 1;"));
  CHECK(all[5] == "3");
}

TEST_CASE("a line keeps its time, level, thread and logger, however late it is written", "[concurrent]") {
  const ringed_logger log;
  const spdlog::log_clock::time_point some_time{std::chrono::seconds(1'000'000)};
  log.front->log(some_time, {}, spdlog::level::warn, "a line");
  log.ring->flush();
  const auto lines = log.book->lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text == "a line");
  CHECK(lines[0].logger == "front");
  CHECK(lines[0].level == spdlog::level::warn);
  CHECK(lines[0].time == some_time);
  CHECK(lines[0].thread == spdlog::details::os::thread_id());
}

TEST_CASE("a text of any length arrives whole, and a logger's long name", "[concurrent]") {
  const ringed_logger log;
  texts said;
  for (const std::size_t size : {0, 1, 194, 195, 196, 10'000}) said.emplace_back(size, 'x');
  for (const auto& text : said) log.say(text);
  const std::string name(500, 'n');
  spdlog::logger(name, log.ring).info("short");
  log.ring->flush();
  const auto lines = log.book->lines();
  said.emplace_back("short");
  CHECK(log.book->texts() == said);
  CHECK(lines.back().logger == name);
}

TEST_CASE("a critical line is written when the call returns", "[concurrent]") {
  const ringed_logger log;
  log.front->critical("an alert");
  CHECK(log.book->texts() == texts{"an alert"});
  CHECK(log.book->flushes == 1);
}

TEST_CASE("what waits is written before a ring ends, long texts too", "[concurrent]") {
  std::shared_ptr<notebook> book;
  texts said;
  {
    const ringed_logger log;
    book = log.book;
    for (int i = 0; i < 300; ++i) log.say(said.emplace_back(static_cast<std::size_t>(i), 'x'));
  }
  CHECK(book->texts() == said);
}

TEST_CASE("a sink that throws is told to the handler of errors, and the log goes on", "[concurrent]") {
  const auto book = std::make_shared<notebook>();
  spdlog::logger behind("behind", book);
  texts errors;
  behind.set_error_handler([&](const std::string& what) { errors.push_back(what); });
  const auto ring = std::make_shared<ring_sink>(behind);
  spdlog::logger front("front", ring);
  for (const auto* text : {"throw", "throw an int", "after"}) front.info(text);
  ring->flush();
  CHECK(book->texts() == texts{"after"});
  REQUIRE(errors.size() == 2);
  CHECK(errors[0] == "a sink that throws");
}

TEST_CASE("a sink that logs by way of the ring that it stands behind does not wait for itself",
          "[concurrent]") {
  const ringed_logger log;
  log.book->front = log.ring;
  log.say("say more");
  log.ring->flush(); // the second line is logged before the first one's flush is over
  log.ring->flush();
  CHECK(log.book->texts() == texts{"say more", "more"});
  log.book->front.reset();
}

TEST_CASE("each sink behind a ring keeps its own level, and gets the patterns that the ring is given",
          "[concurrent]") {
  const auto all = std::make_shared<notebook>(), errors = std::make_shared<notebook>();
  errors->set_level(spdlog::level::err);
  const auto ring = std::make_shared<ring_sink>(spdlog::logger("", {all, errors}));
  spdlog::logger front("", ring);
  front.set_pattern("%v");
  ring->set_pattern("%l %v");
  front.info("1");
  front.error("2");
  ring->flush();
  CHECK(all->texts() == texts{"1", "2"});
  CHECK(errors->texts() == texts{"2"});
  CHECK(all->patterns.size() == 2);
  CHECK(errors->patterns.size() == 2);
}

TEST_CASE("the default logger writes by way of a ring while a background log lives, and is then as before",
          "[concurrent]") {
  const auto before = spdlog::default_logger();
  const auto book = std::make_shared<notebook>();
  const auto mine = std::make_shared<spdlog::logger>("mine", book);
  spdlog::set_default_logger(mine);
  {
    const background_log log;
    CHECK(mine->sinks().size() == 1);
    CHECK(mine->sinks()[0] != book);
    spdlog::log(spdlog::level::info, "hold");
    book->held.acquire(); // on another thread, or this one would not be here
    CHECK(book->texts().empty());
    book->go_on.release();
    spdlog::log(spdlog::level::info, "1");
  }
  CHECK(book->texts() == texts{"hold", "1"});
  CHECK(mine->sinks() == std::vector<spdlog::sink_ptr>{book});
  CHECK(spdlog::default_logger() == mine);
  spdlog::log(spdlog::level::info, "2");
  CHECK(book->texts() == texts{"hold", "1", "2"});
  spdlog::set_default_logger(before);
}
