#pragma once

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "vesta/messages/errors.hpp"
#include "vesta/platform/random.hpp"
#include "vesta/runtime/supervisor.hpp"

namespace vesta::test {

/// How a letter travels.
enum class letter_way { tell, question, timer };

/// What the test knows of one message between citizens, from the attempt that wrote it to its effect.
struct letter {
  int from = -1; ///< citizen; -1: the host
  int to = 0;
  letter_way way = letter_way::tell;
  bool urgent = false;
  int generations = 0;            ///< of letters that its handler may still cause
  std::uint64_t dice = 0;         ///< all that its handler does by chance
  std::uint64_t senders_life = 0; ///< of the state that sent it
  int throws = 0;                 ///< how often its handler still throws
  int answer_throws = 0;          ///< likewise, of the answer
  bool quits = false;             ///< the receiver, with this letter as its last
  bool sent = false;              ///< the handler that wrote it has returned
  int effects = 0;
  bool failed_on = false; ///< its handler has thrown at least once
  int answers = 0;        ///< that had their effect at the asker
  bool answer_failed_on = false;
  error_code code = error_code::none; ///< of the answer
};

/// Every letter of one play, and every rule that was broken. Outlives the node; any thread.
class letter_book {
public:
  static constexpr int poison = 1 << 30;
  /// Told from a letter's own effect in what a citizen remembers.
  static constexpr std::uint64_t answer_bit = std::uint64_t{1} << 63;

  struct effect {
    std::uint64_t life = 0;
    std::uint64_t what = 0;
    bool operator==(const effect&) const = default;
  };
  struct citizen_page {
    int incarnations = 0; ///< at this moment
    int births = 0;
    int failing_starts = 0;
    int given_up = 0; ///< decisions that cost a message
    std::vector<effect> effects = {};
  };

  explicit letter_book(std::size_t citizens) : pages_(citizens) {}

  // what citizens say

  void born(int who) {
    const std::lock_guard lock{mutex_};
    ++page(who).births;
    if (++page(who).incarnations > 1) complain("citizen {} has two incarnations at once", who);
  }
  void gone(int who) {
    const std::lock_guard lock{mutex_};
    --page(who).incarnations;
  }
  bool start_fails(int who) {
    const std::lock_guard lock{mutex_};
    return !healed_ && page(who).failing_starts-- > 0;
  }

  /// A new letter, not sent yet. What becomes of it follows from its dice.
  std::uint64_t write(letter made) {
    platform::random_stream chance(made.dice, "letter", "fate");
    const auto tries = [&]() -> int {
      const auto roll = chance.below(100);
      return roll < 84 ? 0 : roll < 92 ? 1 : roll < 98 ? static_cast<int>(2 + chance.below(4)) : poison;
    };
    made.throws = tries();
    made.answer_throws = tries();
    made.quits = chance.below(100) == 0;
    const std::lock_guard lock{mutex_};
    letters_.push_back(made);
    return letters_.size() - 1;
  }
  letter at(std::uint64_t id) {
    const std::lock_guard lock{mutex_};
    return letters_.at(id);
  }

  /// A handler begins, not to rebuild a state but for the letter's effect.
  void opened(int who, std::uint64_t id) {
    const std::lock_guard lock{mutex_};
    const auto& it = letters_.at(id);
    if (!it.sent) complain("citizen {} has received letter {}, which a failed attempt wrote", who, id);
    if (it.to != who) complain("citizen {} has received letter {}, which is for {}", who, id, it.to);
  }
  /// Whether that handler has to throw now.
  bool throws(std::uint64_t what) {
    const std::lock_guard lock{mutex_};
    auto& it = letters_.at(what & ~answer_bit);
    const bool answer = (what & answer_bit) != 0;
    auto& left = answer ? it.answer_throws : it.throws;
    if (healed_ || left == 0) return false;
    --left;
    (answer ? it.answer_failed_on : it.failed_on) = true;
    return true;
  }
  struct written {
    std::vector<std::uint64_t> letters = {};
    std::vector<std::pair<std::uint64_t, std::uint64_t>> requests = {}; ///< number, letter
  };
  /// The handler returns: the letter has had its effect, and what it wrote is sent.
  void took_effect(int who, std::uint64_t life, std::uint64_t id, const written& sent) {
    const std::lock_guard lock{mutex_};
    auto& it = letters_.at(id);
    if (++it.effects > 1) complain("letter {} from {} to {} has had two effects", id, it.from, who);
    if (it.way != letter_way::timer) {
      auto& last = last_effect_[{it.from, who, it.urgent}];
      if (last > id + 1) complain("letter {} from {} to {} has come after {}", id, it.from, who, last - 1);
      last = id + 1;
    }
    page(who).effects.push_back({life, id});
    send(who, sent);
  }
  /// Letters that a constructor or the host sends.
  void sends(int who, const written& sent) {
    const std::lock_guard lock{mutex_};
    send(who, sent);
  }

  /// The question to which this is the answer.
  std::uint64_t question_of(int who, std::uint64_t request) {
    const std::lock_guard lock{mutex_};
    const auto it = requests_.find({who, request});
    if (it != requests_.end()) return it->second;
    complain("citizen {} has an answer to request {}, which it did not send", who, request);
    return 0;
  }
  void answer_took_effect(int who, std::uint64_t life, std::uint64_t id, error_code code,
                          std::uint64_t said) {
    const std::lock_guard lock{mutex_};
    auto& it = letters_.at(id);
    if (++it.answers > 1) complain("question {} from {} to {} has two answers", id, who, it.to);
    if (code == error_code::none && said != id) complain("question {} has the answer to {}", id, said);
    it.code = code;
    page(who).effects.push_back({life, id | answer_bit});
  }

  // what the test says

  void fail_starts(int who, int times) {
    const std::lock_guard lock{mutex_};
    page(who).failing_starts = times;
  }
  /// From now on nothing throws, and nobody quits.
  void heal() {
    const std::lock_guard lock{mutex_};
    healed_ = true;
  }
  bool is_healed() {
    const std::lock_guard lock{mutex_};
    return healed_;
  }
  void gave_up(int who) {
    const std::lock_guard lock{mutex_};
    ++page(who).given_up;
  }

  template <class... Arguments>
  void complain(fmt::string_view text, const Arguments&... arguments) {
    complaints_.push_back(fmt::vformat(text, fmt::make_format_args(arguments...)));
  }
  const std::vector<std::string>& complaints() const { return complaints_; }
  const std::vector<letter>& letters() const { return letters_; }
  const citizen_page& page_of(int who) const { return pages_.at(static_cast<std::size_t>(who)); }

private:
  citizen_page& page(int who) { return pages_.at(static_cast<std::size_t>(who)); }
  void send(int who, const written& sent) {
    for (const auto id : sent.letters) letters_.at(id).sent = true;
    for (const auto& [request, id] : sent.requests) {
      const auto [at, is_new] = requests_.try_emplace({who, request}, id);
      // After 256 lives their numbers begin again.
      if (!is_new && letters_.at(at->second).senders_life == letters_.at(id).senders_life)
        complain("citizen {} has asked twice under the number {}", who, request);
      at->second = id;
    }
  }

  std::mutex mutex_;
  std::vector<letter> letters_;
  std::vector<citizen_page> pages_;
  std::map<std::pair<int, std::uint64_t>, std::uint64_t> requests_; ///< by asker and number
  std::map<std::tuple<int, int, bool>, std::uint64_t> last_effect_; ///< its number + 1
  std::vector<std::string> complaints_;
  bool healed_ = false;
};

/// Tells a letter book what supervisors give up.
class book_listener final : public supervision_listener {
public:
  explicit book_listener(letter_book& book) : book_(book) {}
  void on_failure(const failure& what, remedy chosen) override {
    if (chosen == remedy::set_aside || chosen == remedy::isolate || chosen == remedy::escalate)
      book_.gave_up(std::stoi(what.actor));
  }
  void on_recovered(const recovered&) override {}
  void on_escalated_to_root(const escalation& what) override {
    if (!what.cause.actor.starts_with("s")) book_.gave_up(std::stoi(what.cause.actor));
  }

private:
  letter_book& book_;
};

} // namespace vesta::test
