#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "vesta/runtime/tables.hpp"

namespace vesta {

/// The moment to which the world can go back: a copy of every column that can change, and the frame's number.
/// The copies' memory belongs to the tables and is there before, so taking one allocates nothing: it costs a
/// memcpy. For the boundary's thread.
class checkpoint {
public:
  /// Covers all columns of `columns` that can change. Nothing is copied yet.
  explicit checkpoint(const tables& columns);

  /// Covers one more column.
  void add(std::shared_ptr<column> live, std::shared_ptr<platform::pages> copy);
  void take(std::uint64_t frame);
  /// Puts every column back and returns the frame's number; `take` has to have run.
  std::uint64_t restore() const;

  std::uint64_t frame() const { return frame_; }
  /// That `take` copies.
  std::size_t size_bytes() const;

private:
  struct pair {
    std::shared_ptr<column> live;
    std::shared_ptr<platform::pages> copy;
  };

  std::vector<pair> pairs_;
  std::uint64_t frame_ = 0;
};

} // namespace vesta
