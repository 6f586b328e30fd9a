#include "vesta/actors/command/doctor.hpp"

#include <cstdlib>
#include <sstream>

#include "vesta/platform/clock.hpp"
#include "vesta/platform/files_simulated.hpp"

using Catch::Contains;
using namespace vesta;
using namespace vesta::command;

TEST_CASE("a temporary folder with room is good, and is left as it was") {
  platform::virtual_clock time;
  platform::simulated_files files(time);
  CHECK(check_temporary(files, "/tmp").ok());
  CHECK(files.list("/tmp")->empty());
}

TEST_CASE("a temporary folder without the room of a small build is missing, not slow") {
  platform::virtual_clock time;
  platform::simulated_files files(time);
  files.set_capacity(65'536);
  const auto status = check_temporary(files, "/tmp");
  CHECK(absl::IsResourceExhausted(status));
  CHECK_THAT(sentence_of(status), Contains("/tmp has 0.1 MB free") && Contains("set TMPDIR"));
  files.set_capacity(0);
  CHECK_FALSE(check_temporary(files, "/tmp").ok());
  CHECK(files.list("/tmp")->empty());
}

TEST_CASE("doctor ends with status 1 where no temporary file can be made") {
  const char* before = std::getenv("TMPDIR");
  const std::string restored = before ? before : "";
  setenv("TMPDIR", "/proc", 1); // takes no files, not even root's
  std::ostringstream out, err;
  const int status = run_doctor({out, err});
  before ? setenv("TMPDIR", restored.c_str(), 1) : unsetenv("TMPDIR");
  CHECK(status == not_as_expected);
  CHECK_THAT(out.str(), Contains("missing") && Contains("/proc") && Contains("set TMPDIR"));
}
