#include "vesta/runtime/compile_command.hpp"

namespace vesta {

std::vector<std::string> compile_command(const compile_paths& paths, const std::vector<std::string>& flags) {
  const bool is_c = paths.source.ends_with(".c");
  const bool is_clang = paths.compiler.find("clang") != std::string::npos;
  std::vector<std::string> command = {
      paths.compiler, "-x",    is_c ? "c" : "c++", is_c ? "-std=c11" : "-std=c++20",
      "-O2",          "-fPIC", "-shared",          "-fvisibility=hidden",
      "-Wall"};
  if (!is_clang && !is_c) command.push_back("-fno-gnu-unique");
  if (!paths.linker.empty()) command.push_back("-fuse-ld=" + paths.linker);
  command.insert(command.end(),
                 {"-Wl,--build-id=sha1", "-I", paths.include_directory, "-MD", "-MF", paths.depfile});
  command.insert(command.end(), flags.begin(), flags.end());
  command.insert(command.end(), {"-o", paths.image, paths.source});
  return command;
}

} // namespace vesta
