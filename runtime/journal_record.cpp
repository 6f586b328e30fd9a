#include "vesta/runtime/journal_record.hpp"

#include <fmt/format.h>
#include <sodium/crypto_generichash.h>

namespace vesta {
namespace {

static_assert(std::tuple_size_v<journal_hash> == crypto_generichash_BYTES);

/// Fixed fields in their order.
class journal_header {
public:
  void put(std::uint64_t value) {
    for (int byte = 0; byte < 8; ++byte) bytes_.at(size_++) = static_cast<unsigned char>(value >> (8 * byte));
  }
  void put(std::int64_t value) { put(static_cast<std::uint64_t>(value)); }
  void put(std::string_view text) { put(std::uint64_t{text.size()}); }

  const unsigned char* data() const { return bytes_.data(); }
  std::size_t size() const { return size_; }

private:
  std::array<unsigned char, 9 * 8> bytes_{};
  std::size_t size_ = 0;
};

} // namespace

std::string_view name_of(journal_kind kind) {
  static constexpr std::array<std::string_view, journal_kind_count> names = {
      "started", "stopped", "failure",  "isolated",  "recovered", "escalated",
      "change",  "swap",    "rollback", "lifecycle", "lost",      "unclean"};
  return names.at(static_cast<std::size_t>(kind));
}

journal_hash chained(const journal_hash& before, const journal_row& row) {
  journal_header header;
  for (const auto number : {row.number, row.wall_ns, row.steady_ns, row.incarnation, row.code})
    header.put(number);
  const auto texts = {row.kind, row.actor, row.recovery, row.text};
  for (const auto text : texts) header.put(text);

  journal_hash hash{};
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, hash.size());
  crypto_generichash_update(&state, before.data(), before.size());
  crypto_generichash_update(&state, header.data(), header.size());
  for (const auto text : texts)
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  crypto_generichash_final(&state, hash.data(), hash.size());
  return hash;
}

std::string to_hex(const journal_hash& hash) {
  std::string text;
  for (const auto byte : hash) text += fmt::format("{:02x}", byte);
  return text;
}

} // namespace vesta
