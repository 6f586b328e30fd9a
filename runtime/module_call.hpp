#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "vesta/messages/errors.hpp"
#include "vesta/platform/crash_guard.hpp"
#include "vesta/runtime/layout.hpp"
#include "vesta/runtime/migration.hpp"

namespace vesta {

/// A module's function that did not return 0. It keeps nothing of the module.
struct fault {
  std::string module;
  std::string function;      ///< "step"
  std::uint64_t version = 0; ///< module_version::number
  std::uint32_t district = 0;
  std::uint64_t frame = 0;
  std::optional<platform::crash> crash; ///< none: the function returned `code`
  int code = 0;
  std::string sentence; ///< from host->fail, or what the host knows of a crash; may be empty
};

/// One sentence: module, function, where and what.
std::string describe(const fault& what);

/// Which error it is: a crash, a call that did not come back, a check that does not hold, or the module's own
/// report.
error_code code_of(const fault& what);

/// The files that modules may ask for, by parameter.
using file_contents = std::map<std::string, std::string, std::less<>>;

/// What every call of a frame has in common.
struct call_moment {
  std::uint64_t frame = 0;
  double seconds = 0;
  std::uint64_t seed = 0; ///< the game's
  std::uint32_t districts = 1;
  const file_contents* files = nullptr;
};

/// The rows of a district: cut at multiples of 64, so that no two districts write to one cache line of a
/// column.
struct row_range {
  std::uint64_t begin = 0, end = 0;
};
row_range rows_of_district(std::uint64_t rows, std::uint32_t district, std::uint32_t districts);

using module_function = int (*)(const vesta_frame*);

/// Calls a module's function over `rows` under the crash guard; after `limit_ns` (0: never) it is abandoned.
/// Allocates only for a fault. Any thread; calls do not nest.
std::optional<fault> call_module(const module_slot& slot, const char* name, module_function function,
                                 row_range rows, std::uint32_t district, const call_moment& moment,
                                 std::int64_t limit_ns);

/// Calls `dispose`, if there is one. What goes wrong in it is of no more interest.
void call_dispose(const module_slot& slot, const call_moment& moment, std::int64_t limit_ns);

/// Lets the column's next owner carry it over with `migrate`.
std::optional<fault> call_migrate(const module_slot& slot, const conversion& what, std::uint64_t frame,
                                  std::int64_t limit_ns);

} // namespace vesta
