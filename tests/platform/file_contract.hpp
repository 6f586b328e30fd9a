#pragma once

#include <catch2/catch.hpp>

#include "vesta/platform/files.hpp"

namespace vesta::platform {

inline std::string read_back(const file_system& files, const std::string& path) {
  const auto bytes = files.read(path, 1 << 20);
  return bytes.ok() ? *bytes : "(" + bytes.status().ToString() + ")";
}

/// What the system's files and their simulated twin have to do alike.
inline void check_file_contract(file_system& files) {
  using names = std::vector<std::string>;
  using Catch::Matchers::Contains;
  const auto root = files.make_temporary_directory("vesta_test_");
  REQUIRE(root.ok());
  const auto at = [&](const std::string& name) { return *root + "/" + name; };
  CHECK(root->find("/vesta_test_") != std::string::npos);
  CHECK(files.list(*root)->empty());
  CHECK(*files.make_temporary_directory("vesta_test_") != *root);

  const std::string bytes("a\0b\n", 4);
  REQUIRE(files.write(at("one"), bytes).ok());
  CHECK(*files.read(at("one"), 4) == bytes);
  CHECK(files.info(at("one"))->size_bytes == 4);
  CHECK_FALSE(files.info(at("one"))->is_directory);
  REQUIRE(files.write(at("one"), "").ok());
  CHECK(*files.read(at("one"), 0) == "");

  REQUIRE(files.write(at("one"), "12345").ok());
  const auto large = files.read(at("one"), 4);
  CHECK(absl::IsResourceExhausted(large.status()));
  CHECK_THAT(std::string(large.status().message()), Contains(at("one")) && Contains("the 4 bytes allowed"));

  const auto absent = files.read(at("none"), 4);
  CHECK(absl::IsNotFound(absent.status()));
  CHECK_THAT(std::string(absent.status().message()),
             Contains("cannot read " + at("none") + ": No such file"));
  CHECK(absl::IsNotFound(files.info(at("none")).status()));
  CHECK(absl::IsNotFound(files.list(at("none")).status()));
  CHECK(absl::IsNotFound(files.write(at("none/file"), "x")));
  CHECK(absl::IsNotFound(files.copy(at("none"), at("copy"))));
  CHECK(absl::IsNotFound(files.free_bytes(at("none")).status()));
  CHECK(absl::IsInvalidArgument(files.read(*root, 4).status()));
  CHECK(absl::IsFailedPrecondition(files.write(*root, "x")));

  REQUIRE(files.make_directory(at("deep/er")).ok());
  REQUIRE(files.make_directory(at("deep/er")).ok());
  CHECK(files.info(at("deep"))->is_directory);
  CHECK_FALSE(files.make_directory(at("one/below")).ok());
  REQUIRE(files.write(at("deep/er/leaf"), "leaf").ok());
  CHECK(*files.list(*root) == names{"deep", "one"});
  CHECK(*files.list(at("deep")) == names{"er"});

  REQUIRE(files.copy(at("one"), at("two")).ok());
  REQUIRE(files.copy(at("deep"), at("copy")).ok());
  CHECK(read_back(files, at("two")) == "12345");
  CHECK(read_back(files, at("copy/er/leaf")) == "leaf");
  REQUIRE(files.write(at("deep/er/leaf"), "new").ok());
  REQUIRE(files.copy(at("deep"), at("copy")).ok());
  CHECK(read_back(files, at("copy/er/leaf")) == "new");
  CHECK(absl::IsInvalidArgument(files.copy(at("deep"), at("deep/er/again"))));
  CHECK(absl::IsInvalidArgument(files.copy(at("one"), at("one"))));

  REQUIRE(files.remove(at("deep")).ok());
  REQUIRE(files.remove(at("two")).ok());
  REQUIRE(files.remove(at("none")).ok());
  CHECK(*files.list(*root) == names{"copy", "one"});
  CHECK(*files.free_bytes(*root) > 0);
  REQUIRE(files.remove(*root).ok());
  CHECK(absl::IsNotFound(files.info(*root).status()));
}

} // namespace vesta::platform
