#pragma once

#include <spdlog/spdlog.h>

namespace vesta::test {

/// Nothing is logged while it lives.
class quiet_log {
public:
  quiet_log() { spdlog::set_level(spdlog::level::off); }
  ~quiet_log() { spdlog::set_level(before_); }
  quiet_log(const quiet_log&) = delete;
  quiet_log& operator=(const quiet_log&) = delete;

private:
  const spdlog::level::level_enum before_ = spdlog::get_level();
};

} // namespace vesta::test
