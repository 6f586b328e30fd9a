#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "vesta/runtime/envelope.hpp"

namespace vesta {

/// The messages that an actor has handled since its checkpoint, to be run again. Those that are plain bytes
/// are copied side by side, which keeps a few envelopes warm instead of thousands; the others stay in theirs.
/// Costs an actor that has none one pointer. Used by its actor alone.
class input_log {
public:
  /// What is no plain bytes is taken over, the rest stays the caller's. `number` is the message's, and
  /// `at_ns` what its handler saw as now, 0 when it did not look.
  void add(envelope_ptr& handled, std::uint64_t number, platform::nanoseconds at_ns) {
    if (!kept_ || kept_->room - kept_->used < largest_record) [[unlikely]]
      grow();
    auto& kept = *kept_;
    const auto* type = handled->type;
    ++kept.size;
    if (!type || !type->is_plain || number != std::exchange(kept.next_number, number + 1) || at_ns != 0)
      return add_with_more(handled, number, at_ns);
    auto* const to = kept.bytes.get() + kept.used;
    add_body(put(to, reinterpret_cast<std::uint64_t>(type)), *handled);
    kept.used += word + words(type->size);
  }

  /// Calls `run(envelope&)` for each, in order.
  template <class Run>
  void replay(Run run) const {
    const auto* whole = kept_ ? kept_->whole.data() : nullptr;
    std::uint64_t number = first_number;
    envelope copy;
    for (std::size_t at = 0; kept_ && at < kept_->used;) {
      const auto* from = kept_->bytes.get() + at;
      const auto head = get(from);
      number = (head & has_number) != 0 ? get(from) : number;
      const auto at_ns = (head & has_time) != 0 ? static_cast<platform::nanoseconds>(get(from)) : 0;
      copy.type = reinterpret_cast<const message_meta*>(head & ~(has_number | has_time));
      for (std::size_t done = 0; copy.type && done < copy.type->size; done += block)
        std::memcpy(copy.body + done, from + done, block);
      auto& again = copy.type ? copy : **whole++;
      at = static_cast<std::size_t>(from - kept_->bytes.get()) + (copy.type ? words(copy.type->size) : 0);
      again.number = number++;
      again.at_ns = at_ns;
      run(again);
    }
  }

  std::size_t size() const { return kept_ ? kept_->size : 0; }
  bool empty() const { return size() == 0; }
  /// Its memory stays, for as many again.
  void clear() {
    if (!kept_) return;
    kept_->whole.clear();
    kept_->used = kept_->size = 0;
    kept_->next_number = first_number;
  }

private:
  /// Each record is a word with the message's type, null for the next of `whole`; its bytes, rounded up to
  /// words; and before these its number and its time, unless it is plain, has the number after the last one's
  /// and no time.
  static constexpr std::size_t word = sizeof(std::uint64_t);
  static constexpr std::uint64_t has_number = std::uint64_t{1} << 62, has_time = std::uint64_t{1} << 63;
  static constexpr std::uint64_t first_number = 1;
  /// Bytes are copied by so many, which takes no call; there is room for as much in an envelope.
  static constexpr std::size_t block = 16;
  static constexpr std::size_t largest_record = 3 * word + envelope::room + block;
  static_assert(envelope::room % block == 0);

  static constexpr std::size_t words(std::size_t size) { return (size + word - 1) / word * word; }
  static std::byte* put(std::byte* to, std::uint64_t value) {
    std::memcpy(to, &value, word);
    return to + word;
  }
  static std::uint64_t get(const std::byte*& from) {
    std::uint64_t value = 0;
    std::memcpy(&value, from, word);
    from += word;
    return value;
  }

  struct inputs {
    std::unique_ptr<std::byte[]> bytes = nullptr;
    std::size_t room = 0, used = 0, size = 0;
    std::uint64_t next_number = first_number;
    std::vector<envelope_ptr> whole = {};
  };

  static void add_body(std::byte* to, const envelope& what) {
    for (std::size_t done = 0; done < what.type->size; done += block)
      std::memcpy(to + done, what.body + done, block);
  }
  void add_with_more(envelope_ptr& handled, std::uint64_t number, platform::nanoseconds at_ns);
  void grow();

  std::unique_ptr<inputs> kept_; ///< null until the first
};

} // namespace vesta
