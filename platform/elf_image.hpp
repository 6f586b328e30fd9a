#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <string>
#include <string_view>
#include <vector>

namespace vesta::platform {

/// What a shared library says of itself, read without loading it.
struct elf_image {
  std::string build_id;                 ///< lower-case hex of .note.gnu.build-id; empty when there is none
  std::string soname;
  std::vector<std::string> needed;      ///< DT_NEEDED
  std::vector<std::string> exports;     ///< defined dynamic symbols of global or weak binding
  std::vector<std::string> undefined;   ///< strong undefined dynamic symbols
  std::vector<std::string> unique;      ///< STB_GNU_UNIQUE symbols, which would pin the image
  bool has_text_relocations = false;
  bool has_tls_destructors = false;     ///< refers to __cxa_thread_atexit(_impl), which would pin the image
};

/// Reads an image after proving that it is whole: ELF magic, class, byte order, machine and type (ET_DYN) of this host,
/// file size against section and program header tables and against every segment. kDataLoss for a torn or foreign file,
/// with a sentence that says what is wrong. Reading never faults, whatever the bytes.
absl::StatusOr<elf_image> read_elf(std::string_view image);

struct elf_policy {
  std::vector<std::string> allowed_libraries; ///< DT_NEEDED entries that may be there, such as "libc.so.6"
  std::vector<std::string> taken_symbols;     ///< exported by the host or another module; an image must not define them
  std::string required_symbol;                ///< has to be exported
};

/// The checks before dlopen, in this order: build-id present, libraries allowed, every undefined symbol resolvable in
/// the allowed libraries or this process, required symbol there, no export that is taken, nothing that pins the image,
/// no text relocations. The first violation is returned as a sentence.
absl::Status verify_elf(const elf_image& image, const elf_policy& policy);

} // namespace vesta::platform
