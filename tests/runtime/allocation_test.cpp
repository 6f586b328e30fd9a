// That a message costs no allocation once the actors are warm, and a line of the log none. Counts every
// operator new of this program.

#include <catch2/catch.hpp>

#include <array>
#include <cstdlib>
#include <latch>
#include <new>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include "vesta/messages/prelude.hpp"
#include "vesta/runtime/log_ring.hpp"
#include "vesta/runtime/node.hpp"

// A sanitizer brings an operator new of its own.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  const auto rounded = (std::max<std::size_t>(size, 1) + alignment - 1) / alignment * alignment;
  if (auto* room = std::aligned_alloc(alignment, rounded)) return room;
  throw std::bad_alloc();
}

} // namespace

void* operator new(std::size_t size) { return counted(size, __STDCPP_DEFAULT_NEW_ALIGNMENT__); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }
void operator delete(void* room, std::align_val_t) noexcept { std::free(room); }
void operator delete(void* room, std::size_t, std::align_val_t) noexcept { std::free(room); }

using namespace vesta;

namespace {

struct volley {
  std::uint64_t left = 0;
  std::array<std::uint64_t, 7> weight{}; // 64 bytes
};
VESTA_MESSAGE(volley);

using racket_actor = caf::typed_actor<caf::reacts_to<volley>>;

struct court {
  std::latch* over = nullptr;
};

class racket {
public:
  using interface = racket_actor;
  racket(context& self, const char* other)
      : self_(self), other_(self.peer<racket_actor>(other)), court_(self.use<court>()) {}
  void on(const volley& m) {
    if (m.left == 0) return court_.over->count_down();
    self_.send(other_, volley{.left = m.left - 1});
  }

private:
  context& self_;
  const racket_actor other_;
  court& court_;
};

/// One game of so many messages.
void play(node& actors, court& where, std::uint64_t messages) {
  std::latch over{1};
  where.over = &over;
  actors.send(actors.find<racket_actor>("one"), volley{.left = messages});
  over.wait();
}

} // namespace

TEST_CASE("a message between two warm actors allocates nothing, in one pool and across both") {
  court where;
  services lent;
  lent.lend(where);
  for (const auto second : {placement::performance(), placement::efficiency()}) {
    node actors({.cores = platform::find_topology().value()},
                {.name = "root",
                 .actors = {spec_of<racket>({.name = "one", .where = placement::performance()}, "two"),
                            spec_of<racket>({.name = "two", .where = second}, "one")}},
                lent);
    actors.start();
    play(actors, where, 10'000);
    const auto before = allocations.load();
    play(actors, where, 20'000);
    // The test's own call and a batch of envelopes that changed sides may cost a few; messages cost none.
    CHECK(allocations.load() - before < 20);
  }
}

TEST_CASE("a short line of the log allocates nothing") {
  const spdlog::logger nowhere("nowhere", std::make_shared<spdlog::sinks::null_sink_mt>());
  const auto ring = std::make_shared<ring_sink>(nowhere);
  spdlog::logger log("log", ring);
  const std::string line(190, 'x');
  log.log(spdlog::level::info, line);
  const auto before = allocations.load();
  for (int i = 0; i < 1000; ++i) log.log(spdlog::level::info, line);
  ring->flush();
  CHECK(allocations.load() == before);
  CHECK(ring->lost() == 0);
}

#endif
