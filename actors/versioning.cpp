// versioning: knows every version of every module and where it stands in its life, lets it go only where the
// table of legal transitions allows, and is the gate before dlopen: an image that is torn, foreign, in
// quarantine or not self-contained goes no further. A build that failed later is put into quarantine by its
// build-id and not tried again. Errors: 0x2xxx.

#include "vesta/actors/actors.hpp"
#include "vesta/messages/interfaces.hpp"
#include "vesta/messages/prelude.hpp"
#include "vesta/platform/elf_image.hpp"
#include "vesta/platform/library.hpp"
#include "vesta/runtime/session.hpp"

namespace vesta {
namespace {

/// Versions that are over and still remembered.
constexpr std::size_t history_limit = 256;

const std::vector<std::string> allowed_libraries = {"libc.so.6",
                                                    "libm.so.6",
                                                    "libstdc++.so.6",
                                                    "libgcc_s.so.1",
                                                    "ld-linux-x86-64.so.2",
                                                    "ld-linux-aarch64.so.1"};

struct version {
  std::string module;
  std::uint64_t change = 0; ///< that made it
  std::uint64_t number = 0; ///< counts the module's versions from 1
  lifecycle at = lifecycle::discovered;
  std::string build_id;
  std::vector<std::string> exports;
};
VESTA_MESSAGE(version);

struct versioning_state {
  std::vector<version> versions;       ///< oldest first
  std::vector<std::string> quarantine; ///< build-ids
};
VESTA_MESSAGE(versioning_state);

/// The symbols that other modules' running versions define.
std::vector<std::string> taken_symbols(const std::vector<version>& versions, const std::string& module) {
  std::vector<std::string> taken;
  for (const auto& other : versions)
    if (other.module != module && (other.at == lifecycle::active || other.at == lifecycle::probation))
      taken.insert(taken.end(), other.exports.begin(), other.exports.end());
  return taken;
}

class versioning {
public:
  using interface = versioning_actor;

  explicit versioning(context& self)
      : self_(self), libraries_(self.use<session>().ports.libraries),
        orchestrator_(self.peer<orchestrator_actor>("orchestrator")),
        tools_(self.peer<developer_tools_actor>("developer_tools")),
        alerts_(self.peer<alerts_actor>("alerts")) {}

  void on(const verify_requested& wanted) {
    auto& it = version_of(wanted.module, wanted.change);
    move(it, lifecycle::verifying, "before dlopen");
    auto [code, text] = verify(it, wanted.image);
    if (code == error_code::none) move(it, lifecycle::verified, "build " + it.build_id.substr(0, 12));
    self_.send(orchestrator_,
               verify_finished{wanted.change, wanted.module, it.number, code, std::move(text), wanted.image});
  }

  void on(const advance_version& wanted) {
    auto& it = version_of(wanted.module, wanted.change);
    if (!may_go(it.at, wanted.to)) {
      // Reported and otherwise ignored: the state that it has is true, the one asked for is not.
      return self_.send(tools_, lifecycle_moved{it.module, it.number, it.at, it.at,
                                                fmt::format("{}: it cannot go to {}",
                                                            to_string(error_code::illegal_transition),
                                                            to_string(wanted.to))});
    }
    if (wanted.to == lifecycle::active) retire_others(it);
    if (wanted.to == lifecycle::quarantined && !it.build_id.empty()) state.quarantine.push_back(it.build_id);
    move(it, wanted.to, wanted.reason);
    forget_old();
  }

  versioning_state state;

private:
  version& version_of(const std::string& module, std::uint64_t change) {
    for (auto& it : state.versions)
      if (it.module == module && it.change == change) return it;
    state.versions.push_back({.module = module, .change = change, .number = next_number(module)});
    return state.versions.back();
  }

  std::uint64_t next_number(const std::string& module) const {
    std::uint64_t last = 0;
    for (const auto& it : state.versions)
      if (it.module == module) last = std::max(last, it.number);
    return last + 1;
  }

  std::pair<error_code, std::string> verify(version& it, const std::string& image) {
    const auto elf = libraries_.inspect(image);
    if (!elf.ok()) return {error_code::image_refused, it.module + ": " + std::string(elf.status().message())};
    it.build_id = elf->build_id;
    it.exports = elf->exports;
    std::erase(it.exports, "vesta_module_entry");
    if (std::ranges::find(state.quarantine, it.build_id) != state.quarantine.end())
      return {error_code::quarantined_build,
              fmt::format("{}: this very build ({}) failed before; change the source to "
                          "have another one tried",
                          it.module, it.build_id.substr(0, 12))};
    const auto status = platform::verify_elf(*elf, {.allowed_libraries = allowed_libraries,
                                                    .taken_symbols = taken_symbols(state.versions, it.module),
                                                    .required_symbol = "vesta_module_entry"});
    if (!status.ok()) return {error_code::image_refused, it.module + ": " + std::string(status.message())};
    return {error_code::none, ""};
  }

  /// The version that ran before this one: its code stays mapped until it is collected.
  void retire_others(const version& newest) {
    for (auto& old : state.versions) {
      if (old.module != newest.module || &old == &newest || old.at != lifecycle::active) continue;
      const auto reason = fmt::format("version {} is active", newest.number);
      move(old, lifecycle::draining, reason);
      move(old, lifecycle::unloaded, reason);
    }
  }

  void move(version& it, lifecycle to, const std::string& reason) {
    const lifecycle_moved news{it.module, it.number, it.at, to, reason};
    self_.send(tools_, news);
    self_.send(alerts_, news);
    it.at = to;
  }

  void forget_old() {
    const auto over = [](const version& it) {
      return it.at == lifecycle::unloaded || it.at == lifecycle::quarantined;
    };
    if (state.versions.size() <= history_limit) return;
    const auto oldest = std::ranges::find_if(state.versions, over);
    if (oldest != state.versions.end()) state.versions.erase(oldest);
  }

  context& self_;
  platform::library_loader& libraries_;
  const orchestrator_actor orchestrator_;
  const developer_tools_actor tools_;
  const alerts_actor alerts_;
};

} // namespace

actor_spec versioning_spec() {
  return spec_of<versioning>(
      {.name = "versioning", .where = placement::efficiency(), .chain = agent_chain()});
}

} // namespace vesta
