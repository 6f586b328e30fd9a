#pragma once

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vesta::platform {

/// What a shared library says of itself, read without loading it.
struct elf_image {
  std::string build_id; ///< lower-case hex of .note.gnu.build-id; empty when there is none
  std::string soname;
  std::vector<std::string> needed; ///< DT_NEEDED
  std::vector<std::string>
      exports; ///< defined dynamic symbols of global binding; weak ones (inline functions,
               ///< templates) are not listed: each image may have its own copy of them
  std::vector<std::string> undefined; ///< strong undefined dynamic symbols
  std::vector<std::string> unique;    ///< STB_GNU_UNIQUE symbols, which would pin the image
  bool has_text_relocations = false;
  bool has_tls_destructors = false; ///< refers to __cxa_thread_atexit(_impl), which would pin the image
  bool forbids_unloading = false;   ///< DF_1_NODELETE, which would pin the image
};

/// Reads an image after proving that it is whole: ELF magic, class, byte order, machine and type (ET_DYN) of
/// this host, file size against section and program header tables and against every segment and section.
/// kDataLoss for a torn or foreign file, with a sentence that says what is wrong. Reading never faults,
/// whatever the bytes.
absl::StatusOr<elf_image> read_elf(std::string_view image);

/// The function of a whole image (read_elf succeeded) that holds the virtual address `address`, demangled and
/// with the offset in it, such as "spread+0x1a4"; static functions too, unless the image is stripped. Empty
/// when there is none.
std::string function_at(std::string_view image, std::uint64_t address);

struct elf_policy {
  std::vector<std::string> allowed_libraries; ///< DT_NEEDED entries that may be there, such as "libc.so.6"
  std::vector<std::string> taken_symbols;     ///< exported by another module; an image must not define them
  std::string required_symbol;                ///< has to be exported, and is never taken
};

/// The checks before dlopen, in this order: build-id present, libraries allowed, no function used that would
/// end, replace or copy this process or run beside it (exit, exec, fork, threads), every undefined symbol
/// resolvable in this process or the allowed libraries, required symbol there, no export that is taken or
/// that this process defines (its own would win over the module's), nothing that pins the image, no text
/// relocations. The first violation is returned as kFailedPrecondition, a sentence that names the thing. May
/// load an allowed library.
absl::Status verify_elf(const elf_image& image, const elf_policy& policy);

} // namespace vesta::platform
