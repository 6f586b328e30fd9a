#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace vesta::command {

/// "12,345,678"
std::string grouped(std::uint64_t number);
/// "1 frame", "1,204 frames"
std::string counted(std::uint64_t number, std::string_view noun);
/// Nanoseconds as milliseconds, with three digits that matter: "0.21 ms", "92.1 ms", "1,204 ms".
std::string milliseconds(std::int64_t ns);
/// Nanoseconds as seconds: "12.4 s".
std::string seconds(std::int64_t ns);
/// Bytes in units of a million: "41.3 MB".
std::string megabytes(std::uint64_t bytes);
/// A total of a game: whole numbers grouped, others with two digits.
std::string quantity(double value);

} // namespace vesta::command
