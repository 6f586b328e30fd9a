#pragma once

#include <utility>
#include <vector>

#include "vesta/runtime/layout.hpp"

namespace vesta::test {

/// A module of the test program: a descriptor whose lists lie beside it.
struct fake_module {
  explicit fake_module(const char* name) {
    descriptor.abi = VESTA_MODULE_ABI;
    descriptor.size = sizeof(vesta_module);
    descriptor.name = name;
    descriptor.version = "1.0.0";
    descriptor.step = [](const vesta_frame*) { return 0; };
  }

  fake_module& column(const char* table, const char* name, vesta_access access, vesta_type type,
                      double initial = 0, std::uint32_t count = 1) {
    columns.push_back({table, name, access, type, count, 1, initial});
    return *this;
  }

  /// The descriptor with the lists as they are now; valid until the module changes.
  const vesta_module* get() {
    descriptor.columns = columns.data();
    descriptor.column_count = static_cast<std::uint32_t>(columns.size());
    descriptor.parameters = parameters.data();
    descriptor.parameter_count = static_cast<std::uint32_t>(parameters.size());
    descriptor.imports = imports.data();
    descriptor.import_count = static_cast<std::uint32_t>(imports.size());
    descriptor.exports = exports.data();
    descriptor.export_count = static_cast<std::uint32_t>(exports.size());
    return &descriptor;
  }

  module_version version(std::uint64_t number = 1) { return {get(), nullptr, number}; }

  vesta_module descriptor{};
  std::vector<vesta_column> columns;
  std::vector<const char*> parameters;
  std::vector<vesta_import> imports;
  std::vector<vesta_export> exports;
};

} // namespace vesta::test
