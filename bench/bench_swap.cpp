// What an edit costs a running city: from the saved file to the frame that runs it, in the frame that takes
// it, in the frames beside the build, and when the new code crashes.

#include <chrono>
#include <functional>
#include <memory>
#include <spdlog/spdlog.h>

#include "city.hpp"
#include "figures.hpp"

namespace vesta::bench {
namespace {

using std::chrono::milliseconds;

constexpr double frame_ns = 1e9 / 60;
constexpr std::uint64_t source_size_max = 1 << 20;
/// An edit without a verdict by then is not going to get one.
constexpr int looks_max = 1200;
constexpr milliseconds look_every{50};
constexpr unsigned probation_frames = 30;

absl::StatusOr<std::string> replaced(std::string text, std::string_view find, std::string_view by) {
  const auto at = text.find(find);
  if (at == std::string::npos)
    return absl::NotFoundError(
        fmt::format("the city's source has no \"{}\" any more; mend bench_swap.cpp", find));
  return text.replace(at, find.size(), by);
}

/// A change that is live is reported when it is swapped in, and again at the end of its probation.
bool is_on_probation(const change_report& change) {
  const auto age_ns = static_cast<double>(change.times.over_ns - change.times.live_ns);
  return change.verdict == verdict_on_change::live && age_ns < probation_frames * frame_ns / 2;
}

/// A copy of the city that runs with a million citizens and is edited through its files, as by a person.
class edited_city {
public:
  static absl::StatusOr<std::unique_ptr<edited_city>> open() {
    // A short probation: each edit is over before the next one comes.
    auto city = open_city({.probation_frames = probation_frames});
    if (!city.ok()) return city.status();
    city->game->begin();
    return std::unique_ptr<edited_city>(new edited_city(*std::move(city)));
  }

  absl::StatusOr<std::string> source(const std::string& module) const {
    return platform::real_files().read(path_of(module), source_size_max);
  }

  /// Saves the module's new source and waits until the change is over.
  absl::StatusOr<change_report> save(const std::string& module, const std::string& text,
                                     verdict_on_change expected) {
    const auto before = city_.game->report().changes.size();
    if (auto status = platform::real_files().write(path_of(module), text); !status.ok()) return status;
    for (int look = 0; look < looks_max; ++look) {
      std::this_thread::sleep_for(look_every);
      const auto changes = city_.game->report().changes;
      if (changes.size() == before || is_on_probation(changes.back())) continue;
      const auto& last = changes.back();
      if (last.verdict == expected) return last;
      return absl::InternalError(fmt::format("an edit of {} was to be {} and is {}: {}", module,
                                             to_string(expected), to_string(last.verdict), last.text));
    }
    return absl::DeadlineExceededError(fmt::format("an edit of {} has no verdict after a minute", module));
  }

  /// No frame after this.
  run_report end() {
    city_.game->end();
    return city_.game->report();
  }

private:
  explicit edited_city(copied_city city) : city_(std::move(city)) {}
  std::string path_of(const std::string& module) const {
    return city_.files->folder() + "/modules/" + module + ".cpp";
  }

  copied_city city_;
};

/// One kind of edit, done again and again: the source for the n-th time, made from the original.
struct edit_kind {
  std::string module;
  std::string_view find;
  std::function<std::string(int)> by;
  verdict_on_change expected = verdict_on_change::live;
};

struct edits {
  std::vector<change_report> changes;
  run_report report;
};

absl::StatusOr<edits> play(const edit_kind& kind, int times) {
  const auto city = edited_city::open();
  if (!city.ok()) return city.status();
  const auto original = (*city)->source(kind.module);
  if (!original.ok()) return original.status();
  edits done;
  for (int i = 0; i < times; ++i) {
    const auto text = replaced(*original, kind.find, kind.by(i));
    if (!text.ok()) return text.status();
    // Not in step with the frames.
    std::this_thread::sleep_for(milliseconds(100 + 7 * i));
    const auto change = (*city)->save(kind.module, *text, kind.expected);
    if (!change.ok()) return change.status();
    done.changes.push_back(*change);
  }
  done.report = (*city)->end();
  return done;
}

template <class Pick>
spread over_changes(const std::vector<change_report>& changes, Pick pick) {
  std::vector<double> values;
  for (const auto& change : changes) values.push_back(static_cast<double>(pick(change.times)));
  return spread_of(std::move(values));
}

spread boundaries(const std::vector<change_report>& changes) {
  return over_changes(changes, [](const change_times& t) { return t.boundary_ns; });
}

std::string late_of(const frame_figures& frames) {
  return fmt::format("{} of {}", frames.late, frames.frames);
}

absl::Status calm(double seconds) {
  const auto city = edited_city::open();
  if (!city.ok()) return city.status();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  const auto frames = (*city)->end().frames;
  print_row("frame, no edits", spread_of(frames.times));
  print_value("late frames, no edits", "", late_of(frames));
  return absl::OkStatus();
}

absl::Status same_layout(int times) {
  const auto done =
      play({"economy", "wage = 0.10;", [](int i) { return i % 2 ? "wage = 0.10;" : "wage = 0.30;"; }}, times);
  if (!done.ok()) return done.status();
  const auto& frames = done->report.frames;
  print_row("saved to live, over the compile and link",
            over_changes(done->changes,
                         [](const change_times& t) { return t.live_ns - t.saved_ns - t.compile_ns; }),
            limit{statistic::median, 20e6 + frame_ns});
  print_row("  compile and link alone",
            over_changes(done->changes, [](const change_times& t) { return t.compile_ns; }));
  print_row("extra in the swap frame, same layout", boundaries(done->changes), limit{statistic::max, 1e6});
  print_row("  that whole frame", spread_of(frames.swap_times));
  print_value("late frames beside builds and swaps", "", late_of(frames));
  return absl::OkStatus();
}

/// Even edits bring a column of two bytes for each citizen, odd ones take it away.
absl::Status other_layout(int times) {
  const auto columns = [](int i) {
    return i % 2 ? "\n};\nenum {"
                 : "\n    {\"citizens\", \"savings\", VESTA_OWN, VESTA_U16, 1, 2, 10},\n};\nenum {";
  };
  const auto done = play({"citizens", "\n};\nenum {", columns}, 2 * times);
  if (!done.ok()) return done.status();
  std::vector<change_report> added, removed;
  for (std::size_t i = 0; i < done->changes.size(); ++i)
    (i % 2 ? removed : added).push_back(done->changes[i]);
  print_row("the same, a column added to 1,000,000 rows", boundaries(added), limit{statistic::max, 20e6});
  print_row("  a column removed", boundaries(removed));
  print_row("  those whole frames", spread_of(done->report.frames.swap_times));
  return absl::OkStatus();
}

/// A version that writes through a null pointer in its first step; each one another image, for one that
/// crashed is not tried again.
absl::Status crashes(int times) {
  constexpr std::string_view step = "static int step(const vesta_frame* frame) {";
  const auto crashing = [&](int i) {
    return fmt::format("{}\n  uint32_t* volatile nobody = nullptr;\n  *nobody = {};", step, i);
  };
  const auto done = play({"power", step, crashing, verdict_on_change::rolled_back}, times);
  if (!done.ok()) return done.status();
  std::vector<double> took;
  std::uint64_t lost_max = 0;
  for (const auto& failed : done->report.module_failures) {
    took.push_back(static_cast<double>(failed.took_ns));
    lost_max = std::max(lost_max, failed.frames_lost);
  }
  print_row("crash in step: code and state are back after", spread_of(std::move(took)),
            limit{statistic::max, frame_ns});
  print_value("  frames until the next good one", "1", fmt::format("{}", lost_max), lost_max == 1);
  return absl::OkStatus();
}

absl::Status measure(int times, double calm_seconds) {
  if (auto status = calm(calm_seconds); !status.ok()) return status;
  if (auto status = same_layout(times); !status.ok()) return status;
  if (auto status = other_layout(times); !status.ok()) return status;
  return crashes(times);
}

} // namespace
} // namespace vesta::bench

int main(int count, char** values) {
  using namespace vesta::bench;
  double times = 20, calm_seconds = 20; // edits of each kind; without edits, to compare with
  if (const auto status =
          read_options(count, values, {{"--times", &times}, {"--calm-seconds", &calm_seconds}});
      !status.ok())
    return conclude("bench_swap", status);
  spdlog::set_level(spdlog::level::critical);
  print_header("bench_swap");
  return conclude("bench_swap", measure(static_cast<int>(times), calm_seconds));
}
