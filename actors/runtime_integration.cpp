// runtime_integration: brings verified images into the process. The first time it makes the world out of
// them; afterwards it loads each new version beside the running one, plans what becomes of its state, fills
// new columns, and hands the frame clock a swap that takes a pointer exchange to publish. It works on an
// efficiency core and never touches what frames write. Errors: 0x4xxx.

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/library.hpp"
#include "vesta/runtime/module_check.hpp"
#include "vesta/runtime/session.hpp"
#include "vesta/runtime/world.hpp"

namespace vesta {
namespace {

/// For `init`, `check`, `migrate` and `dispose`, which may touch every row.
constexpr std::int64_t call_limit_ns = 5'000'000'000;

struct refusal {
  error_code code = error_code::none;
  std::string text;
};

class runtime_integration {
public:
  using interface = runtime_integration_actor;

  explicit runtime_integration(context& self)
      : self_(self), session_(self.use<session>()), slot_(self.use<world_slot>()),
        orchestrator_(self.peer<orchestrator_actor>("orchestrator")),
        clock_(self.peer<frame_clock_actor>("frame_clock")) {}

  void on(const stage_requested& wanted) {
    collect();
    const auto refused = slot_.get() ? prepare(wanted) : make_world(wanted);
    self_.send(orchestrator_, stage_finished{wanted.change, refused.code, refused.text});
    // Second, or the clock's news of the swap could overtake that of the staging.
    if (last_swap_) self_.send(clock_, apply_swap{wanted.change, last_swap_});
  }

private:
  /// Old versions and dropped swaps are given back here, far from any frame.
  void collect() {
    last_swap_.reset();
    if (auto* game = slot_.get()) game->collect();
  }

  refusal load(const stage_requested& wanted, std::vector<module_version>& versions) {
    for (const auto& it : wanted.images) {
      auto library = session_.ports.libraries.load(it.image, it.module);
      if (!library.ok())
        return {error_code::load_failed,
                fmt::format("{}: {}", it.module, std::string(library.status().message()))};
      std::shared_ptr<platform::library> code = std::move(*library);
      const auto entry = reinterpret_cast<const vesta_module* (*)()>(code->symbol("vesta_module_entry"));
      const auto* descriptor = entry ? entry() : nullptr;
      if (!descriptor)
        return {error_code::module_refused,
                it.module + ": vesta_module_entry gives no descriptor; return the address of one"};
      versions.push_back({.descriptor = descriptor, .library = std::move(code), .number = it.version});
      // Later checks name a module as it calls itself. One that cannot be asked is told by the game's name.
      if (const auto name = module_name(descriptor, image_of(versions.back())); !name.ok())
        return {error_code::module_refused,
                fmt::format("{}: {}", it.module, std::string(name.status().message()))};
    }
    return {};
  }

  refusal prepare(const stage_requested& wanted) {
    std::vector<module_version> versions;
    if (auto refused = load(wanted, versions); refused.code != error_code::none) return refused;
    auto swap = slot_.get()->prepare_swap(std::move(versions));
    if (!swap.ok()) return {error_code::module_refused, std::string(swap.status().message())};
    last_swap_ = std::move(*swap);
    return {};
  }

  refusal make_world(const stage_requested& wanted) {
    std::vector<module_version> versions;
    if (auto refused = load(wanted, versions); refused.code != error_code::none) return refused;
    auto made = world::create({.game = session_.game,
                               .files = session_.files,
                               .seed = session_.seed,
                               .districts = session_.districts,
                               .step_limit_ns = session_.step_limit_ns,
                               .call_limit_ns = call_limit_ns},
                              std::move(versions));
    if (!made.ok()) return {error_code::module_refused, std::string(made.status().message())};
    if (const auto fault = (*made)->init()) return {code_of(*fault), describe(*fault)};
    slot_.set(std::move(*made));
    return {};
  }

  context& self_;
  const session& session_;
  world_slot& slot_;
  const orchestrator_actor orchestrator_;
  const frame_clock_actor clock_;
  std::shared_ptr<prepared_swap> last_swap_; ///< kept so that its memory is not given back in a frame
};

} // namespace

actor_spec runtime_integration_spec() {
  return spec_of<runtime_integration>({.name = "runtime_integration",
                                       .where = placement::efficiency(),
                                       .chain = agent_chain(),
                                       .repeatable = true});
}

} // namespace vesta
