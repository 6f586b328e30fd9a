#pragma once

#include <caf/fwd.hpp>

#include <cstddef>
#include <vector>

namespace vesta::detail {

/// First in, first out, without a bound and, once it has grown to what is needed, without an allocation,
/// which std::deque does not give. Not thread-safe.
class job_queue {
public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  caf::resumable* front() const { return jobs_[first_]; }
  void push_back(caf::resumable* what) {
    if (size_ == jobs_.size()) grow();
    jobs_[(first_ + size_++) % jobs_.size()] = what;
  }
  void push_front(caf::resumable* what) {
    if (size_ == jobs_.size()) grow();
    first_ = (first_ + jobs_.size() - 1) % jobs_.size();
    jobs_[first_] = what;
    ++size_;
  }
  void pop_front() {
    first_ = (first_ + 1) % jobs_.size();
    --size_;
  }

private:
  void grow() {
    std::vector<caf::resumable*> larger(2 * size_);
    for (std::size_t i = 0; i < size_; ++i) larger[i] = jobs_[(first_ + i) % size_];
    jobs_ = std::move(larger);
    first_ = 0;
  }

  std::vector<caf::resumable*> jobs_ = std::vector<caf::resumable*>(64);
  std::size_t first_ = 0, size_ = 0;
};

} // namespace vesta::detail
