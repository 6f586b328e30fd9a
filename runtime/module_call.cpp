#include "vesta/runtime/module_call.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <xxhash.h>

namespace vesta {
namespace {

/// A call that is on its way on this thread. What the module passes back is not trusted to name it.
struct running {
  const file_contents* files = nullptr;
  char sentence[256] = {};
};
thread_local running current;

void fail(const vesta_frame*, const char* sentence) {
  if (sentence == nullptr) return;
  const auto size = strnlen(sentence, sizeof current.sentence - 1);
  std::memcpy(current.sentence, sentence, size);
  current.sentence[size] = 0;
}

const void* file(const vesta_frame*, const char* parameter, std::uint64_t* size_bytes) {
  const auto found = current.files->find(std::string_view(parameter));
  const bool there = found != current.files->end();
  if (size_bytes != nullptr) *size_bytes = there ? found->second.size() : 0;
  return there ? found->second.data() : nullptr;
}

constexpr vesta_host host{sizeof(vesta_host), fail, file};

std::uint64_t seed_of(const module_slot& slot, std::uint32_t district, const call_moment& moment) {
  const std::uint64_t key[] = {moment.frame, slot.name_hash, district};
  return XXH3_64bits_withSeed(key, sizeof key, moment.seed);
}

vesta_frame make_frame(const module_slot& slot, row_range rows, std::uint32_t district,
                       const call_moment& moment) {
  return {sizeof(vesta_frame),
          district,
          moment.districts,
          0,
          moment.frame,
          moment.seconds,
          rows.begin,
          rows.end,
          seed_of(slot, district, moment),
          slot.columns.data(),
          slot.column_rows.data(),
          slot.parameters.data(),
          slot.imports.data(),
          &host};
}

/// Runs `body` under the guard and turns what went wrong into a fault.
template <class Body>
std::optional<fault> guard(const module_slot& slot, const char* name, std::uint32_t district,
                           std::uint64_t frame, std::int64_t limit_ns, Body body) {
  struct call {
    Body& body;
    int result;
  } call{body, 0};
  current.sentence[0] = 0;
  platform::crash crash;
  const bool returned = platform::guarded_call(
      [](void* argument) {
        auto& self = *static_cast<struct call*>(argument);
        self.result = self.body();
      },
      &call, image_of(slot.version), limit_ns, crash);
  if (returned && call.result == 0) return {};
  fault what{slot.name, name, slot.version.number, district, frame, {}, call.result, current.sentence};
  if (!returned) what.crash = crash;
  return what;
}

} // namespace

error_code code_of(const fault& what) {
  if (what.crash) return what.crash->signal == SIGALRM ? error_code::module_hung : error_code::module_crashed;
  return what.function == "check" ? error_code::check_failed : error_code::module_reported;
}

std::string describe(const fault& what) {
  const auto place = fmt::format("module \"{}\" version {}, {} of district {} in frame {}", what.module,
                                 what.version, what.function, what.district, what.frame);
  const auto end = what.sentence.empty() ? "" : ": " + what.sentence;
  if (what.crash) return fmt::format("{}: {}{}", place, platform::describe(*what.crash), end);
  // The contract of module.h; smaller ones are the host's own, and would name another error.
  const bool is_legal = what.code >= 0x7000 && what.code <= 0x7FFF;
  return fmt::format("{}: error {:#x}{}{}", place, static_cast<unsigned>(what.code),
                     is_legal ? "" : ", which is none of a module's codes, 0x7000 to 0x7fff", end);
}

row_range rows_of_district(std::uint64_t rows, std::uint32_t district, std::uint32_t districts) {
  const std::uint64_t blocks = (rows + 63) / 64;
  return {std::min(rows, blocks * district / districts * 64),
          std::min(rows, blocks * (district + 1) / districts * 64)};
}

std::optional<fault> call_module(const module_slot& slot, const char* name, module_function function,
                                 row_range rows, std::uint32_t district, const call_moment& moment,
                                 std::int64_t limit_ns) {
  current.files = moment.files;
  const auto frame = make_frame(slot, rows, district, moment);
  return guard(slot, name, district, moment.frame, limit_ns, [&] { return function(&frame); });
}

void call_dispose(const module_slot& slot, const call_moment& moment, std::int64_t limit_ns) {
  const auto dispose = slot.version.descriptor->dispose;
  if (dispose == nullptr) return;
  current.files = moment.files;
  const auto frame = make_frame(slot, {0, slot.rows}, 0, moment);
  guard(slot, "dispose", 0, moment.frame, limit_ns, [&] {
    dispose(&frame);
    return 0;
  });
}

std::optional<fault> call_migrate(const module_slot& slot, const conversion& what, std::uint64_t frame,
                                  std::int64_t limit_ns) {
  const auto& key = what.after.key;
  const vesta_migration migration{sizeof(vesta_migration), 0,
                                  key.table.c_str(),       key.column.c_str(),
                                  what.before.type,        what.before.count,
                                  what.after.type,         what.after.count,
                                  what.from->rows(),       what.from->data(),
                                  what.to->data(),         &host};
  return guard(slot, "migrate", 0, frame, limit_ns,
               [&] { return slot.version.descriptor->migrate(&migration); });
}

} // namespace vesta
