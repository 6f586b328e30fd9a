#pragma once

#include <absl/status/statusor.h>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "vesta/runtime/tables.hpp"

namespace vesta {

/// How a column comes into the next version.
enum class carry {
  keep,   ///< the same data, by pointer
  add,    ///< new, holds `initial`
  drop,   ///< gone when the swap is committed
  widen,  ///< converted without loss at the boundary
  custom, ///< by the module's `migrate` at the boundary
};

struct carried_column {
  carry how = carry::keep;
  std::optional<column_shape> before; ///< all but `add`
  std::optional<column_shape> after;  ///< all but `drop`
};

/// One entry a column, in the order of the keys.
using migration_plan = std::vector<carried_column>;

/// Compares the columns that the replaced modules own with those that the new versions declare. Integers
/// widen to what holds all their values, f32 to f64, and `count` grows; the modules in `can_migrate` do the
/// rest themselves. A change that nobody can do is kFailedPrecondition, naming the column and both types.
/// Pure.
absl::StatusOr<migration_plan> plan_migration(std::span<const column_shape> before,
                                              std::span<const column_shape> after,
                                              const std::set<std::string>& can_migrate);

/// A column to fill at the boundary, for frames write `from` until then.
struct conversion {
  carry how = carry::widen;
  column_shape before, after;
  std::shared_ptr<column> from, to;
};

struct migrated_tables {
  tables columns;
  std::vector<conversion> conversions;
};

/// Makes the next set of columns: what is kept is shared with `current`, what is new is allocated and filled
/// with its `initial`. Reads no data of `current`, so frames may run meanwhile.
absl::StatusOr<migrated_tables>
migrate_tables(const tables& current, const migration_plan& plan,
               const std::function<std::uint64_t(const std::string&)>& rows_of_table);

/// Does a conversion of the kind `widen`. Allocates nothing.
void convert(const conversion& what);

} // namespace vesta
