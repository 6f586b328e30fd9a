#pragma once

#include <string>
#include <vector>

#include "vesta/runtime/game.hpp"

namespace vesta {

/// Where one build of a module reads and writes.
struct compile_paths {
  std::string compiler;          ///< full path
  std::string include_directory; ///< holds vesta/module.h
  std::string source;
  std::string image; ///< the shared library
  std::string depfile;
  std::string linker; ///< a name for -fuse-ld, or empty
};

/// The command that makes one module's shared library from its source: optimised, with a build-id, nothing
/// exported but the entry, and without the unique symbols that would pin the image. The module's own flags
/// come last and win.
std::vector<std::string> compile_command(const compile_paths& paths, const std::vector<std::string>& flags);

} // namespace vesta
