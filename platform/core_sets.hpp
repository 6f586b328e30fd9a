#pragma once

// Internal to topology.cpp and core_survey.cpp: sets of cores, as ascending lists.

#include <algorithm>
#include <hwloc.h>
#include <iterator>
#include <memory>
#include <vector>

namespace vesta::platform {

using cores = std::vector<int>;
using bitmap = std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)>;

inline bitmap make_bitmap() { return {hwloc_bitmap_alloc(), &hwloc_bitmap_free}; }

inline cores to_cores(hwloc_const_bitmap_t set) {
  cores result;
  for (int id = hwloc_bitmap_first(set); id >= 0; id = hwloc_bitmap_next(set, id)) result.push_back(id);
  return result;
}

inline cores sorted(cores list) {
  std::sort(list.begin(), list.end());
  list.erase(std::unique(list.begin(), list.end()), list.end());
  return list;
}

inline bool has(const cores& list, int id) { return std::binary_search(list.begin(), list.end(), id); }

inline cores both(const cores& a, const cores& b) {
  cores result;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(result));
  return result;
}

inline cores without(const cores& all, const cores& taken) {
  cores result;
  std::set_difference(all.begin(), all.end(), taken.begin(), taken.end(), std::back_inserter(result));
  return result;
}

} // namespace vesta::platform
