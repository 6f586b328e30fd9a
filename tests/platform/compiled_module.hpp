#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

namespace vesta::test {

/// A directory that goes away with the object.
class scratch_directory {
public:
  scratch_directory() {
    std::string name = std::filesystem::temp_directory_path() / "vesta-test-XXXXXX";
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~scratch_directory() { std::filesystem::remove_all(path_); }
  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

inline std::string read_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline const std::string module_flags = "-O1 -fvisibility=hidden -Wl,--build-id";

/// The bytes of a shared library compiled from `source` by `compiler` (cc or g++). Nothing, after a warning,
/// when there is no such compiler on PATH; then a test has nothing to test and returns, but with CI=true that
/// is a failure.
inline std::optional<std::string> compiled(const std::string& source, const std::string& flags = module_flags,
                                           const std::string& compiler = "cc") {
  if (std::system(("command -v " + compiler + " >/dev/null").c_str()) != 0) {
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string(ci) == "true") FAIL("no " << compiler << " on PATH");
    WARN("SKIPPED: no " << compiler << " on PATH to compile a module with");
    return std::nullopt;
  }
  const scratch_directory directory;
  const std::string name = compiler == "cc" ? "module.c" : "module.cpp";
  std::ofstream(directory / name) << source;
  const std::string command = "cd '" + (directory / "").string() + "' && " + compiler + " -shared -fPIC " +
                              name + " -o module.so " + flags + " >output 2>&1";
  const int status = std::system(command.c_str());
  INFO(command << "\n" << read_bytes(directory / "output"));
  REQUIRE(status == 0);
  return read_bytes(directory / "module.so");
}

} // namespace vesta::test
