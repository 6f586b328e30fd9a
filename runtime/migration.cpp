#include "vesta/runtime/migration.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "vesta/runtime/value_type.hpp"

namespace vesta {
namespace {

absl::StatusOr<carry> choose(const column_shape& before, const column_shape& after, bool can_migrate) {
  if (before.same_layout(after)) return carry::keep;
  if (widens(*find_type(before.type), *find_type(after.type)) && before.count <= after.count)
    return carry::widen;
  if (can_migrate) return carry::custom;
  return absl::FailedPreconditionError(
      fmt::format("module \"{}\" cannot turn column {} from {} into {} without loss; keep the type, give the "
                  "column another name, "
                  "or give the module a `migrate`",
                  after.owner, to_string(after.key), type_of(before), type_of(after)));
}

template <class From, class To>
void convert_elements(const conversion& what) {
  const auto* from = reinterpret_cast<const From*>(what.from->data());
  auto* to = reinterpret_cast<To*>(what.to->data());
  const auto rows = what.from->rows();
  const std::uint32_t old_count = what.before.count, new_count = what.after.count;
  for (std::uint64_t row = 0; row < rows; ++row)
    for (std::uint32_t i = 0; i < old_count; ++i)
      to[row * new_count + i] = static_cast<To>(from[row * old_count + i]);
}

} // namespace

absl::StatusOr<migration_plan> plan_migration(std::span<const column_shape> before,
                                              std::span<const column_shape> after,
                                              const std::set<std::string>& can_migrate) {
  std::map<column_key, carried_column> plan;
  for (const auto& shape : before) plan[shape.key] = {carry::drop, shape, {}};
  for (const auto& shape : after) {
    auto& column = plan[shape.key];
    column.after = shape;
    column.how = carry::add;
    if (!column.before) continue;
    const auto how = choose(*column.before, shape, can_migrate.count(shape.owner) != 0);
    if (!how.ok()) return how.status();
    column.how = *how;
  }
  migration_plan columns;
  for (auto& [key, column] : plan) columns.push_back(std::move(column));
  return columns;
}

absl::StatusOr<migrated_tables>
migrate_tables(const tables& current, const migration_plan& plan,
               const std::function<std::uint64_t(const std::string&)>& rows_of_table) {
  migrated_tables next;
  std::set<column_key> planned;
  for (const auto& column : plan) {
    planned.insert(column.before ? column.before->key : column.after->key);
    if (column.how == carry::drop) continue;
    const auto* old = column.before ? current.find(column.before->key) : nullptr;
    tables::entry entry{*column.after, nullptr, nullptr};
    if (column.how == carry::keep) {
      entry.live = old->live;
      entry.copy = old->copy;
    } else {
      auto made = column::make(*column.after, rows_of_table(column.after->key.table));
      if (!made.ok()) return made.status();
      entry.live = *std::move(made);
    }
    if (old != nullptr && column.how != carry::keep)
      next.conversions.push_back({column.how, *column.before, *column.after, old->live, entry.live});
    if (auto put = next.columns.put(std::move(entry)); !put.ok()) return put;
  }
  for (const auto& [key, entry] : current)
    if (planned.count(key) == 0)
      if (auto put = next.columns.put(entry); !put.ok()) return put;
  return next;
}

void convert(const conversion& what) {
  with_type(what.before.type, [&](auto from) {
    with_type(what.after.type, [&](auto to) { convert_elements<decltype(from), decltype(to)>(what); });
  });
}

} // namespace vesta
