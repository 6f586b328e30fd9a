#include <algorithm>
#include <array>
#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <unordered_set>
#include <utility>

#include "vesta/platform/elf_image.hpp"

namespace vesta::platform {
namespace {

template <class... Args>
absl::Status refused(fmt::format_string<Args...> sentence, Args&&... args) {
  return absl::FailedPreconditionError(fmt::format(sentence, std::forward<Args>(args)...));
}

bool holds(const std::vector<std::string>& list, const std::string& name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

struct handle_closer {
  void operator()(void* handle) const { dlclose(handle); }
};

/// Looks symbols up as the loader will: in this process, then in the image's own libraries, which are opened
/// only when this process lacks a symbol.
class resolver {
public:
  explicit resolver(const std::vector<std::string>& libraries) : libraries_(libraries) {}

  bool finds(const std::string& name) {
    if (dlsym(RTLD_DEFAULT, name.c_str()) != nullptr) return true;
    open_libraries();
    return std::any_of(handles_.begin(), handles_.end(), [&](const auto& handle) {
      return handle != nullptr && dlsym(handle.get(), name.c_str()) != nullptr;
    });
  }

private:
  void open_libraries() {
    if (!handles_.empty()) return;
    for (const auto& library : libraries_)
      handles_.emplace_back(dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL));
  }

  const std::vector<std::string>& libraries_;
  std::vector<std::unique_ptr<void, handle_closer>> handles_;
};

/// Functions that no guard around a module's call can contain.
struct forbidden_function {
  std::string_view name; ///< with a `*` at its end: all that begin so
  std::string_view why, remedy;

  bool is(std::string_view function) const {
    return name.ends_with('*') ? function.starts_with(name.substr(0, name.size() - 1)) : function == name;
  }
};

constexpr std::string_view ends_host = "would end the whole game",
                           ends_thread = "would end a thread of the host",
                           replaces_host = "would replace the whole game by another program",
                           copies_host = "would make a second process of the whole game",
                           starts_thread =
                               "starts a thread, which would run on in code that is unloaded, and "
                               "end the whole game if it crashed";
constexpr std::string_view report = "report an error instead (frame->host->fail)",
                           ask_host = "leave processes to the host",
                           split = "name a table of the module, whose rows Vesta spreads over the cores";

constexpr auto forbidden = std::to_array<forbidden_function>({
    {"exit", ends_host, report},
    {"_exit", ends_host, report},
    {"_Exit", ends_host, report},
    {"quick_exit", ends_host, report},
    {"pthread_exit", ends_thread, report},
    {"thrd_exit", ends_thread, report},
    {"exec*", replaces_host, ask_host},
    {"fexecve", replaces_host, ask_host},
    {"fork", copies_host, ask_host},
    {"_Fork", copies_host, ask_host},
    {"vfork", copies_host, ask_host},
    {"pthread_create", starts_thread, split},
    {"thrd_create", starts_thread, split},
    {"_ZNSt6thread15_M_start_thread*", starts_thread, split}, // of std::thread
});

absl::Status check_forbidden(const elf_image& image) {
  for (const auto& name : image.undefined)
    for (const auto& each : forbidden)
      if (each.is(name))
        return refused("it calls {}, which {}: {}", name.starts_with("_Z") ? "std::thread" : name + "()",
                       each.why, each.remedy);
  return absl::OkStatus();
}

absl::Status check_imports(const elf_image& image, const elf_policy& policy) {
  for (const auto& library : image.needed)
    if (!holds(policy.allowed_libraries, library))
      return refused("it needs {}, which is not allowed ({} may be needed): do not link with it", library,
                     fmt::join(policy.allowed_libraries, ", "));
  if (auto status = check_forbidden(image); !status.ok()) return status;
  resolver symbols(image.needed);
  for (const auto& name : image.undefined)
    if (!symbols.finds(name))
      return refused("nothing defines '{}', which it uses: define it, or take the use out", name);
  return absl::OkStatus();
}

absl::Status check_exports(const elf_image& image, const elf_policy& policy) {
  if (!holds(image.exports, policy.required_symbol))
    return refused("it does not export '{}', by which the host finds a module", policy.required_symbol);
  const std::unordered_set<std::string_view> taken(policy.taken_symbols.begin(), policy.taken_symbols.end());
  for (const auto& name : image.exports) {
    if (name == policy.required_symbol) continue;
    if (taken.contains(name))
      return refused("it exports '{}', and so does another module: make it static, or hidden", name);
    if (dlsym(RTLD_DEFAULT, name.c_str()) != nullptr)
      return refused(
          "it exports '{}', and the module's own calls would go to this process's function of that name: "
          "make it static, or hidden",
          name);
  }
  return absl::OkStatus();
}

absl::Status check_unloadable(const elf_image& image) {
  if (!image.unique.empty())
    return refused(
        "'{}' is a unique symbol, shared with older versions of the module, which it would keep in memory: "
        "compile with -fno-gnu-unique",
        image.unique.front());
  if (image.has_tls_destructors)
    return refused("a thread_local variable with a destructor (__cxa_thread_atexit) would keep it in memory: "
                   "take the destructor or the thread_local out");
  if (image.forbids_unloading)
    return refused("it was linked with -z nodelete, which would keep it in memory");
  return absl::OkStatus();
}

} // namespace

absl::Status verify_elf(const elf_image& image, const elf_policy& policy) {
  if (image.build_id.empty()) return refused("it has no build-id: link with -Wl,--build-id");
  if (auto status = check_imports(image, policy); !status.ok()) return status;
  if (auto status = check_exports(image, policy); !status.ok()) return status;
  if (auto status = check_unloadable(image); !status.ok()) return status;
  if (image.has_text_relocations)
    return refused("its code would be patched while it is loaded (text relocations): compile with -fPIC");
  return absl::OkStatus();
}

} // namespace vesta::platform
