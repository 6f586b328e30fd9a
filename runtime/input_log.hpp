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
/// Costs an actor that has none one pointer. Used by its actor alone.
class input_log {
public:
  /// What is no plain bytes is taken over, the rest stays the caller's.
  void add(envelope_ptr& handled) {
    const envelope& what = *handled;
    if (!kept_ || kept_->room - kept_->used < sizeof(record) + envelope::room) grow();
    auto& kept = *kept_;
    ++kept.size;
    if (!what.type || !what.type->is_plain) return keep(handled);
    auto* to = kept.bytes.get() + kept.used;
    new (to) record{what.type, what.number, what.at_ns};
    to += sizeof(record);
    const auto* end = to + what.type->size;
    for (const auto* from = what.body; to < end; from += block, to += block) std::memcpy(to, from, block);
    kept.used = static_cast<std::size_t>(to - kept.bytes.get());
  }

  /// Calls `run(envelope&)` for each, in order.
  template <class Run>
  void replay(Run run) const {
    if (!kept_) return;
    const auto& kept = *kept_;
    std::size_t whole = 0;
    envelope copy;
    for (std::size_t at = 0; at < kept.used;) {
      const auto& next = *std::launder(reinterpret_cast<const record*>(&kept.bytes[at]));
      at += sizeof next;
      if (!next.type) {
        run(*kept.whole[whole++]);
        continue;
      }
      copy.type = next.type;
      copy.number = next.number;
      copy.at_ns = next.at_ns;
      for (std::size_t done = 0; done < next.type->size; done += block, at += block)
        std::memcpy(copy.body + done, &kept.bytes[at], block);
      run(copy);
    }
  }

  std::size_t size() const { return kept_ ? kept_->size : 0; }
  bool empty() const { return size() == 0; }
  /// Its memory stays, for as many again.
  void clear() {
    if (!kept_) return;
    kept_->whole.clear();
    kept_->used = kept_->size = 0;
  }

private:
  /// Bodies are copied by so many bytes, which takes no call; there is room for as much in an envelope.
  static constexpr std::size_t block = 16;
  static_assert(envelope::room % block == 0);

  /// Before the message's bytes. No type: it is the next of `whole`.
  struct record {
    const message_meta* type = nullptr;
    std::uint64_t number = 0;
    platform::nanoseconds at_ns = 0;
  };
  static_assert(block % alignof(record) == 0 && sizeof(record) % alignof(record) == 0);

  struct inputs {
    std::unique_ptr<std::byte[]> bytes = nullptr;
    std::size_t room = 0, used = 0, size = 0;
    std::vector<envelope_ptr> whole = {};
  };

  void keep(envelope_ptr& handled);
  void grow();

  std::unique_ptr<inputs> kept_; ///< null until the first
};

} // namespace vesta
