// asset_pipeline: brings a changed asset into the running game once it is proven good; a bad one changes
// nothing, and the last good one goes on. Its one asset so far is the tuning file: values of the game's
// parameters, checked against the bounds in game.toml and set at a frame boundary. Errors: 0x6xxx.

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/files.hpp"
#include "vesta/runtime/session.hpp"

namespace vesta {
namespace {

constexpr std::uint64_t tuning_limit_bytes = 1 << 20;

class asset_pipeline {
public:
  using interface = asset_pipeline_actor;

  explicit asset_pipeline(context& self)
      : self_(self), session_(self.use<session>()),
        orchestrator_(self.peer<orchestrator_actor>("orchestrator")),
        clock_(self.peer<frame_clock_actor>("frame_clock")) {}

  void on(const tuning_changed& news) {
    const auto path = session_.folder + "/" + session_.game.tuning;
    const auto text = session_.ports.files.read(path, tuning_limit_bytes);
    if (!text.ok()) return refuse(news.change, error_code::asset_unreadable, text.status());
    const auto values = parse_tuning(*text, path, session_.game);
    if (!values.ok()) return refuse(news.change, error_code::bad_tuning, values.status());
    self_.send(clock_, set_parameters{news.change, *values});
  }

private:
  void refuse(std::uint64_t change, error_code code, const absl::Status& why) {
    self_.send(orchestrator_,
               swap_finished{.change = change, .code = code, .text = std::string(why.message())});
  }

  context& self_;
  const session& session_;
  const orchestrator_actor orchestrator_;
  const frame_clock_actor clock_;
};

} // namespace

actor_spec asset_pipeline_spec() {
  return spec_of<asset_pipeline>({.name = "asset_pipeline",
                                  .where = placement::efficiency(),
                                  .chain = agent_chain(),
                                  .repeatable = true});
}

} // namespace vesta
