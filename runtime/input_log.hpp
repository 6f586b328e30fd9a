#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "vesta/runtime/envelope.hpp"

namespace vesta {

/// The messages that an actor has handled since its checkpoint, to be run again. Those that are plain bytes
/// are copied side by side, which keeps a few envelopes warm instead of thousands; the others stay in theirs.
/// Used by its actor alone.
class input_log {
public:
  /// What is no plain bytes is taken over, the rest stays the caller's.
  void add(envelope_ptr& handled) {
    const envelope& what = *handled;
    if (room_ - used_ < sizeof(record) + envelope::room) grow();
    ++size_;
    if (!what.type || !what.type->is_plain) return keep(handled);
    auto* to = bytes_.get() + used_;
    new (to) record{what.type, what.number, what.at_ns};
    to += sizeof(record);
    const auto* end = to + what.type->size;
    for (const auto* from = what.body; to < end; from += block, to += block) std::memcpy(to, from, block);
    used_ = static_cast<std::size_t>(to - bytes_.get());
  }

  /// Calls `run(envelope&)` for each, in order.
  template <class Run>
  void replay(Run run) const {
    std::size_t whole = 0;
    envelope copy;
    for (std::size_t at = 0; at < used_;) {
      const auto& next = *std::launder(reinterpret_cast<const record*>(&bytes_[at]));
      at += sizeof next;
      if (!next.type) {
        run(*whole_[whole++]);
        continue;
      }
      copy.type = next.type;
      copy.number = next.number;
      copy.at_ns = next.at_ns;
      for (std::size_t done = 0; done < next.type->size; done += block, at += block)
        std::memcpy(copy.body + done, &bytes_[at], block);
      run(copy);
    }
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Its memory stays, for as many again.
  void clear() {
    whole_.clear();
    used_ = size_ = 0;
  }

private:
  /// Bodies are copied by so many bytes, which takes no call; there is room for as much in an envelope.
  static constexpr std::size_t block = 16;
  static_assert(envelope::room % block == 0);

  /// Before the message's bytes. No type: it is the next of `whole_`.
  struct record {
    const message_meta* type = nullptr;
    std::uint64_t number = 0;
    platform::nanoseconds at_ns = 0;
  };
  static_assert(block % alignof(record) == 0 && sizeof(record) % alignof(record) == 0);

  void keep(envelope_ptr& handled);
  void grow();

  std::unique_ptr<std::byte[]> bytes_;
  std::size_t room_ = 0, used_ = 0, size_ = 0;
  std::vector<envelope_ptr> whole_;
};

} // namespace vesta
