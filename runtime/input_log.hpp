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
    if (!kept_ || kept_->end > kept_->last_start) [[unlikely]]
      return add_to_larger(handled, number, at_ns);
    auto& kept = *kept_;
    const auto* type = handled->type;
    const auto size = type ? type->plain_size : 0;
    if (size == 0 || number != kept.first + kept.size || at_ns != 0) [[unlikely]]
      return add_with_more(handled, number, at_ns);
    ++kept.size;
    auto* const to = put(kept.end, reinterpret_cast<std::uint64_t>(type));
    kept.end = to + size;
    copy_body(to, handled->body, size);
  }

  /// Calls `run(envelope&)` for each, in order.
  template <class Run>
  void replay(Run run) const {
    const auto* whole = kept_ ? kept_->whole.data() : nullptr;
    std::uint64_t number = first_number;
    envelope copy;
    for (const auto* at = kept_ ? kept_->bytes.get() : nullptr; at && at != kept_->end;) {
      const auto head = get(at);
      number = (head & has_number) != 0 ? get(at) : number;
      const auto at_ns = (head & has_time) != 0 ? static_cast<platform::nanoseconds>(get(at)) : 0;
      copy.type = reinterpret_cast<const message_meta*>(head & ~(has_number | has_time));
      const auto size = copy.type ? copy.type->plain_size : 0;
      copy_body(copy.body, at, size);
      at += size;
      auto& again = copy.type ? copy : **whole++;
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
    kept_->end = kept_->bytes.get();
    kept_->size = 0;
    kept_->first = first_number;
  }

private:
  /// Each record is a word with the message's type, null for the next of `whole`; its `plain_size` bytes; and
  /// before these its number and its time, unless it is plain, has the number after the last one's and no
  /// time.
  static constexpr std::size_t word = sizeof(std::uint64_t);
  static constexpr std::uint64_t has_number = std::uint64_t{1} << 62, has_time = std::uint64_t{1} << 63;
  static constexpr std::uint64_t first_number = 1;
  /// Bytes are copied by so many, which takes no call; there is room for as much in an envelope.
  static constexpr std::size_t block = 16;
  static constexpr std::size_t largest_record = 3 * word + envelope::room + block;
  static_assert(envelope::room % block == 0);

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
    std::byte* end = nullptr;
    std::byte* last_start = nullptr; ///< behind it the largest record does not fit
    std::size_t size = 0;
    std::uint64_t first = first_number; ///< with `size`: the number after the last one's
    std::vector<envelope_ptr> whole = {};
  };

  static void copy_body(std::byte* to, const std::byte* from, std::size_t size) {
    for (std::size_t done = 0; done < size; done += block) std::memcpy(to + done, from + done, block);
  }
  void add_with_more(envelope_ptr& handled, std::uint64_t number, platform::nanoseconds at_ns);
  void add_to_larger(envelope_ptr& handled, std::uint64_t number, platform::nanoseconds at_ns);

  std::unique_ptr<inputs> kept_; ///< null until the first
};

} // namespace vesta
