#pragma once

// The one door to full CAF, precompiled. Sources of the upper folders and the tests get it for free;
// headers name the light CAF headers they need instead.

#include <caf/all.hpp>

#include <absl/container/flat_hash_map.h>
#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>
