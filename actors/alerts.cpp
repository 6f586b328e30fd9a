// alerts: tells of what nobody could cure, in the log and to a webhook. It keeps what is still to be sent and
// tries again for as long as that may help, one alert at a time. A webhook that hangs, is gone or refuses
// costs nobody else anything: the log says so. It cures nothing, and stands beside all that it may have to
// tell of. Errors: none of its own.

#include <spdlog/spdlog.h>

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/system_info.hpp"
#include "vesta/runtime/alert_text.hpp"
#include "vesta/runtime/backoff.hpp"
#include "vesta/runtime/session.hpp"

namespace vesta {
namespace {

constexpr std::size_t alerts_waiting_max = 32;
constexpr unsigned post_tries_max = 10;
constexpr backoff_settings post_pauses{
    .first_ns = 1'000'000'000, .factor = 2, .most_ns = 60'000'000'000, .healthy_ns = 600'000'000'000};
/// A post of which nothing is heard for so long has failed. Longer than the client's own limit.
constexpr platform::nanoseconds post_limit_ns = 15'000'000'000;

/// A pause before the next try, or the time for the try at hand, is over. Real time, however fast the host
/// lets its game run.
struct attempt_due {
  std::uint64_t attempt = 0;
  platform::nanoseconds due_ns = 0; ///< by `ports.time`
};
VESTA_MESSAGE(attempt_due);

struct post_ended {
  std::uint64_t attempt = 0;
  int status = 0; ///< 0: no answer
  std::string problem;
};
VESTA_LOCAL_MESSAGE(post_ended);

struct waiting_alert {
  std::string actor, body;
  std::uint32_t tries = 0; ///< that have failed
};
VESTA_MESSAGE(waiting_alert);

struct alerts_state {
  std::vector<module_figures> modules;
  std::vector<waiting_alert> waiting; ///< the oldest first
  std::uint64_t attempt = 0;          ///< tells what belongs to an earlier try
  bool sending = false;               ///< the oldest one
  bool closing = false;               ///< each is tried once more
};
VESTA_MESSAGE(alerts_state);

/// Whether the same request may be taken later.
bool may_pass(int status) { return status == 0 || status == 408 || status == 429 || status >= 500; }

std::string what_happened(const post_ended& end) {
  return end.status == 0 ? fmt::format("gives no answer ({})", end.problem)
                         : fmt::format("answers with status {}", end.status);
}

class alerts {
public:
  using interface = alerts_actor;
  using own = own_messages<attempt_due, post_ended>;

  explicit alerts(context& self)
      : self_(self), session_(self.use<session>()), running_(self.use<running_post>().request),
        webhook_(session_.alert_webhook.empty() ? "" : platform::shown_url(session_.alert_webhook)) {
    for (const auto& module : session_.game.modules) state.modules.push_back({.module = module.name});
  }

  void on(const lifecycle_moved& news) {
    const auto it = std::ranges::find(state.modules, news.module, &module_figures::module);
    if (it != state.modules.end()) follow(*it, news);
  }

  void on(const alert& news) {
    const alert_origin origin{VESTA_VERSION, platform::host_name(), session_.folder, state.modules};
    spdlog::log(spdlog::level::critical, alert_text(news, origin));
    if (webhook_.empty()) return;
    if (state.waiting.size() == alerts_waiting_max) drop(state.sending ? 1 : 0);
    state.waiting.push_back({.actor = news.what.cause.actor, .body = alert_json(news, origin)});
    if (state.waiting.size() == 1) post_oldest();
  }

  void on(const attempt_due& due) {
    if (due.attempt != state.attempt) return;
    if (const auto left = due.due_ns - session_.ports.time.now(); left > 0)
      return self_.after(std::chrono::nanoseconds(left), due);
    if (state.sending)
      on(post_ended{due.attempt, 0, fmt::format("nothing came for {} s", post_limit_ns / 1'000'000'000)});
    else
      post_oldest();
  }

  void on(const post_ended& end) {
    if (end.attempt != state.attempt || !state.sending) return;
    running_.reset();
    ++state.attempt; // the time for this one does not matter any more
    state.sending = false;
    auto& oldest = state.waiting.front();
    ++oldest.tries;
    if (end.status >= 200 && end.status < 300) {
      pauses_.reset();
      say(spdlog::level::info,
          fmt::format("has taken the alert about {}, at try {}", oldest.actor, oldest.tries));
      return done_with_oldest();
    }
    const bool goes_on = may_pass(end.status) && oldest.tries < post_tries_max && !state.closing;
    if (goes_on) return try_later(end);
    say(spdlog::level::critical,
        fmt::format("{}: the alert about {} is not sent again (try {} of {}); it is in this log",
                    what_happened(end), oldest.actor, oldest.tries, post_tries_max));
    done_with_oldest();
  }

  void on(const close_alerts&) {
    state.closing = true;
    if (state.waiting.empty()) return session_.listener->alerts_closed();
    if (!state.sending) post_oldest();
  }

  alerts_state state;

private:
  void post_oldest() {
    state.sending = true;
    expect(post_limit_ns);
    running_ =
        session_.ports.web.post({.url = session_.alert_webhook, .body = state.waiting.front().body},
                                [tell = self_.inlet<post_ended>(), attempt = state.attempt](auto answer) {
                                  tell({attempt, answer.status, std::move(answer.problem)});
                                });
  }

  void try_later(const post_ended& end) {
    auto dice = self_.random("pause");
    const auto pause = pauses_.next_pause(session_.ports.time.now(), dice);
    const auto& oldest = state.waiting.front();
    say(oldest.tries == 1 ? spdlog::level::warn : spdlog::level::debug,
        fmt::format("{}: the alert about {} is sent again in {:.1f} s, try {} of {}", what_happened(end),
                    oldest.actor, static_cast<double>(pause) * 1e-9, oldest.tries + 1, post_tries_max));
    expect(pause);
  }

  void done_with_oldest() {
    state.waiting.erase(state.waiting.begin());
    if (!state.waiting.empty()) return post_oldest();
    if (state.closing) session_.listener->alerts_closed();
  }

  void drop(std::size_t index) {
    say(spdlog::level::critical,
        fmt::format("is behind by {} alerts: the one about {} is dropped; it is in this log",
                    state.waiting.size(), state.waiting[index].actor));
    state.waiting.erase(state.waiting.begin() + static_cast<std::ptrdiff_t>(index));
  }

  /// From now on another attempt counts, and `attempt_due` comes once this time is over.
  void expect(platform::nanoseconds time) {
    self_.after(std::chrono::nanoseconds(time),
                attempt_due{++state.attempt, session_.ports.time.now() + time});
  }

  void say(spdlog::level::level_enum level, const std::string& what) const {
    spdlog::log(level, fmt::format("the webhook at {} {}", webhook_, what));
  }

  context& self_;
  const session& session_;
  std::unique_ptr<platform::http_client::request>& running_;
  const std::string webhook_; ///< for people; empty: there is none
  backoff pauses_{post_pauses};
};

} // namespace

actor_spec alerts_spec() {
  return spec_of<alerts>({.name = "alerts", .where = placement::efficiency(), .chain = agent_chain()});
}

} // namespace vesta
