#include "vesta/runtime/job_queue.hpp"

#include <catch2/catch.hpp>

using vesta::detail::job_queue;

namespace {

caf::resumable* a_job(std::uintptr_t number) { return reinterpret_cast<caf::resumable*>(number); }

} // namespace

TEST_CASE("a job queue keeps its order while it grows and turns round") {
  job_queue queue;
  std::uintptr_t in = 0, out = 0;
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 100; ++i) queue.push_back(a_job(++in));
    for (int i = 0; i < 70; ++i) {
      REQUIRE(queue.front() == a_job(++out));
      queue.pop_front();
    }
  }
  CHECK(queue.size() == 300);
}

TEST_CASE("what is put back at the front of a job queue comes first") {
  job_queue queue;
  for (std::uintptr_t i = 1; i <= 64; ++i) queue.push_back(a_job(i));
  queue.push_front(a_job(100));
  CHECK(queue.size() == 65);
  CHECK(queue.front() == a_job(100));
  queue.pop_front();
  CHECK(queue.front() == a_job(1));
}
