#include "vesta/platform/elf_image.hpp"

#include <cstdlib>
#include <cstring>
#include <cxxabi.h>
#include <elf.h>
#include <fmt/format.h>
#include <gelf.h>
#include <memory>
#include <utility>

namespace vesta::platform {

// The linker puts it at the start of what it links. An image must be for the same machine as this code.
extern const Elf64_Ehdr own_header asm("__ehdr_start") __attribute__((visibility("hidden")));

namespace {

static_assert(sizeof(void*) == 8, "images are read as ELF64");

struct elf_closer {
  void operator()(Elf* elf) const { elf_end(elf); }
};
using elf_handle = std::unique_ptr<Elf, elf_closer>;

template <class... Args>
absl::Status torn(fmt::format_string<Args...> sentence, Args&&... args) {
  return absl::DataLossError(fmt::format(sentence, std::forward<Args>(args)...));
}

/// Bytes [offset, offset + size) of a file of `total` bytes exist. Written so that nothing can overflow.
bool fits(std::uint64_t offset, std::uint64_t size, std::uint64_t total) {
  return offset <= total && size <= total - offset;
}

/// A copy, because the image may lie at any alignment. The caller has checked that the bytes exist.
template <class T>
T read_at(std::string_view image, std::uint64_t offset) {
  T value;
  std::memcpy(&value, image.data() + offset, sizeof value);
  return value;
}

std::string machine_name(unsigned machine) {
  switch (machine) {
  case EM_X86_64:
    return "x86-64";
  case EM_AARCH64:
    return "AArch64";
  case EM_RISCV:
    return "RISC-V";
  case EM_386:
    return "i386";
  case EM_ARM:
    return "ARM";
  default:
    return fmt::format("ELF machine {}", machine);
  }
}

absl::Status check_identity(std::string_view image) {
  if (image.size() < SELFMAG || std::memcmp(image.data(), ELFMAG, SELFMAG) != 0)
    return torn("not an ELF file ({} bytes that do not begin with its magic number)", image.size());
  if (image.size() < sizeof(Elf64_Ehdr))
    return torn("half-written: {} bytes are less than an ELF header", image.size());
  const auto header = read_at<Elf64_Ehdr>(image, 0);
  if (header.e_ident[EI_CLASS] != own_header.e_ident[EI_CLASS]) return torn("not a 64-bit ELF file");
  if (header.e_ident[EI_DATA] != own_header.e_ident[EI_DATA])
    return torn("its byte order is not this machine's");
  if (header.e_machine != own_header.e_machine)
    return torn("built for {}, and this process runs on {}", machine_name(header.e_machine),
                machine_name(own_header.e_machine));
  if (header.e_ident[EI_VERSION] != EV_CURRENT || header.e_version != EV_CURRENT)
    return torn("unknown ELF version {}", header.e_version);
  const auto abi = header.e_ident[EI_OSABI];
  if (abi != ELFOSABI_SYSV && abi != ELFOSABI_GNU)
    return torn("built for another system (ELF OSABI {})", abi);
  if (header.e_type != ET_DYN) return torn("not a shared library (ELF type {})", header.e_type);
  return absl::OkStatus();
}

absl::Status check_segments(std::string_view image, const Elf64_Ehdr& header) {
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0 || header.e_phnum == PN_XNUM)
    return torn("no usable program header table");
  const std::uint64_t table = std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr);
  if (!fits(header.e_phoff, table, image.size()))
    return torn("half-written: the program header table ({} bytes at {}) lies past the file's {} bytes",
                table, header.e_phoff, image.size());
  int loaded = 0, dynamic = 0;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(image, header.e_phoff + i * sizeof(Elf64_Phdr));
    if (!fits(segment.p_offset, segment.p_filesz, image.size()))
      return torn("half-written: segment {} ({} bytes at {}) lies past the file's {} bytes", i,
                  segment.p_filesz, segment.p_offset, image.size());
    if (segment.p_type == PT_LOAD && segment.p_filesz > segment.p_memsz)
      return torn("segment {} is larger in the file than in memory", i);
    loaded += segment.p_type == PT_LOAD;
    dynamic += segment.p_type == PT_DYNAMIC;
  }
  if (loaded == 0 || dynamic != 1) return torn("{} loadable and {} dynamic segments", loaded, dynamic);
  return absl::OkStatus();
}

absl::Status check_sections(std::string_view image, const Elf64_Ehdr& header) {
  // Linkers write this table last, so it is what a file cut short, or still being written, lacks first.
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum == 0)
    return torn("no usable section header table");
  const std::uint64_t table = std::uint64_t{header.e_shnum} * sizeof(Elf64_Shdr);
  if (!fits(header.e_shoff, table, image.size()))
    return torn("half-written: the section header table ({} bytes at {}) lies past the file's {} bytes",
                table, header.e_shoff, image.size());
  if (header.e_shstrndx >= header.e_shnum) return torn("no section names");
  for (unsigned i = 1; i < header.e_shnum; ++i) {
    const auto section = read_at<Elf64_Shdr>(image, header.e_shoff + i * sizeof(Elf64_Shdr));
    if (section.sh_type == SHT_NULL) return torn("half-written: the header of section {} is empty", i);
    if (section.sh_type != SHT_NOBITS && !fits(section.sh_offset, section.sh_size, image.size()))
      return torn("half-written: section {} ({} bytes at {}) lies past the file's {} bytes", i,
                  section.sh_size, section.sh_offset, image.size());
    if (section.sh_link >= header.e_shnum)
      return torn("section {} refers to section {} of {}", i, section.sh_link, header.e_shnum);
  }
  return absl::OkStatus();
}

absl::Status check_whole(std::string_view image) {
  if (auto status = check_identity(image); !status.ok()) return status;
  const auto header = read_at<Elf64_Ehdr>(image, 0);
  if (auto status = check_segments(image, header); !status.ok()) return status;
  return check_sections(image, header);
}

elf_handle open(std::string_view image) {
  elf_version(EV_CURRENT);
  // libelf wants a mutable pointer and does not write through it.
  return elf_handle(elf_memory(const_cast<char*>(image.data()), image.size()));
}

struct section {
  Elf_Data* data;
  GElf_Shdr header;
};

/// The first section of a type; without data when there is none.
section find_section(Elf* elf, unsigned type) {
  for (Elf_Scn* at = elf_nextscn(elf, nullptr); at != nullptr; at = elf_nextscn(elf, at)) {
    GElf_Shdr header;
    if (gelf_getshdr(at, &header) != nullptr && header.sh_type == type)
      return {elf_rawdata(at, nullptr), header};
  }
  return {};
}

absl::Status read_dynamic(Elf* elf, elf_image& out) {
  const auto [data, header] = find_section(elf, SHT_DYNAMIC);
  if (data == nullptr) return torn("no dynamic section");
  GElf_Dyn entry;
  for (int i = 0; gelf_getdyn(data, i, &entry) != nullptr; ++i) {
    const char* text = nullptr;
    if (entry.d_tag == DT_NEEDED || entry.d_tag == DT_SONAME) {
      text = elf_strptr(elf, header.sh_link, entry.d_un.d_val);
      if (text == nullptr) return torn("dynamic entry {} has no readable name", i);
    }
    switch (entry.d_tag) {
    case DT_NULL:
      return absl::OkStatus();
    case DT_NEEDED:
      out.needed.emplace_back(text);
      break;
    case DT_SONAME:
      out.soname = text;
      break;
    case DT_TEXTREL:
      out.has_text_relocations = true;
      break;
    case DT_FLAGS:
      out.has_text_relocations |= (entry.d_un.d_val & DF_TEXTREL) != 0;
      break;
    case DT_FLAGS_1:
      out.forbids_unloading = (entry.d_un.d_val & DF_1_NODELETE) != 0;
      break;
    default:
      break;
    }
  }
  return torn("the dynamic section has no end");
}

absl::Status read_symbols(Elf* elf, elf_image& out) {
  const auto [data, header] = find_section(elf, SHT_DYNSYM);
  if (data == nullptr) return torn("no dynamic symbols");
  GElf_Sym symbol;
  for (int i = 1; gelf_getsym(data, i, &symbol) != nullptr; ++i) {
    const int binding = GELF_ST_BIND(symbol.st_info);
    const bool defined = symbol.st_shndx != SHN_UNDEF;
    std::vector<std::string>* list = nullptr;
    if (binding == STB_GNU_UNIQUE) list = &out.unique;
    if (binding == STB_GLOBAL) list = defined ? &out.exports : &out.undefined;
    if (list == nullptr) continue;
    const char* name = elf_strptr(elf, header.sh_link, symbol.st_name);
    if (name == nullptr) return torn("dynamic symbol {} has no readable name", i);
    list->emplace_back(name);
  }
  for (const auto& name : out.undefined)
    out.has_tls_destructors |= name == "__cxa_thread_atexit" || name == "__cxa_thread_atexit_impl";
  return absl::OkStatus();
}

/// Lower-case hex of the GNU build-id, or nothing.
std::string read_build_id(Elf* elf) {
  for (Elf_Scn* at = elf_nextscn(elf, nullptr); at != nullptr; at = elf_nextscn(elf, at)) {
    GElf_Shdr header;
    if (gelf_getshdr(at, &header) == nullptr || header.sh_type != SHT_NOTE) continue;
    Elf_Data* data = elf_rawdata(at, nullptr);
    GElf_Nhdr note;
    std::size_t name = 0, description = 0;
    for (std::size_t offset = 0;
         data != nullptr && (offset = gelf_getnote(data, offset, &note, &name, &description)) != 0;) {
      const auto* bytes = static_cast<const unsigned char*>(data->d_buf);
      if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != sizeof "GNU" ||
          std::memcmp(bytes + name, "GNU", sizeof "GNU") != 0)
        continue;
      std::string hex;
      for (std::size_t i = 0; i < note.n_descsz; ++i) hex += fmt::format("{:02x}", bytes[description + i]);
      return hex;
    }
  }
  return {};
}

std::string demangled(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name, nullptr, nullptr, &status),
                                                    std::free);
  return status == 0 ? text.get() : name;
}

} // namespace

absl::StatusOr<elf_image> read_elf(std::string_view image) {
  if (auto status = check_whole(image); !status.ok()) return status;
  const elf_handle elf = open(image);
  if (!elf) return torn("libelf: {}", elf_errmsg(-1));
  elf_image out;
  if (auto status = read_dynamic(elf.get(), out); !status.ok()) return status;
  if (auto status = read_symbols(elf.get(), out); !status.ok()) return status;
  out.build_id = read_build_id(elf.get());
  return out;
}

std::string function_at(std::string_view image, std::uint64_t address) {
  const elf_handle elf = open(image);
  for (const unsigned type : {SHT_SYMTAB, SHT_DYNSYM}) {
    const auto [data, header] = find_section(elf.get(), type);
    GElf_Sym symbol;
    for (int i = 1; data != nullptr && gelf_getsym(data, i, &symbol) != nullptr; ++i) {
      if (GELF_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF) continue;
      if (address < symbol.st_value || address - symbol.st_value >= symbol.st_size) continue;
      const char* name = elf_strptr(elf.get(), header.sh_link, symbol.st_name);
      if (name != nullptr) return fmt::format("{}+{:#x}", demangled(name), address - symbol.st_value);
    }
  }
  return {};
}

} // namespace vesta::platform
