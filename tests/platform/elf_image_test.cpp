#include "vesta/platform/elf_image.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <elf.h>
#include <fmt/format.h>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/compiled_module.hpp"

using Catch::Contains;
using namespace vesta::platform;
using vesta::test::compiled;
using vesta::test::module_flags;

namespace {

const std::string entry =
    "__attribute__((visibility(\"default\"))) int vesta_module_entry(void) { return 7; }\n";
const std::string cpp_entry = "extern \"C\" " + entry;

const elf_policy policy{{"libc.so.6", "libstdc++.so.6", "libgcc_s.so.1"}, {}, "vesta_module_entry"};

/// The refusal's sentence; empty when the image may be loaded.
std::string refusal(const std::string& image, const elf_policy& rules = policy) {
  const auto facts = read_elf(image);
  if (!facts.ok()) {
    CHECK(facts.status().code() == absl::StatusCode::kDataLoss);
    return std::string(facts.status().message());
  }
  const auto status = verify_elf(*facts, rules);
  if (!status.ok()) CHECK(status.code() == absl::StatusCode::kFailedPrecondition);
  return std::string(status.message());
}

template <class T>
std::string patched(std::string image, std::size_t offset, T value) {
  std::memcpy(image.data() + offset, &value, sizeof value);
  return image;
}

/// Bytes that end where the readable memory ends, so that reading one too many is a fault.
class fenced_bytes {
public:
  explicit fenced_bytes(std::size_t most)
      : page_(static_cast<std::size_t>(sysconf(_SC_PAGESIZE))), size_((most + page_ - 1) / page_ * page_) {
    void* at = mmap(nullptr, size_ + page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(at != MAP_FAILED);
    begin_ = static_cast<char*>(at);
    REQUIRE(mprotect(begin_ + size_, page_, PROT_NONE) == 0);
  }
  ~fenced_bytes() { munmap(begin_, size_ + page_); }
  fenced_bytes(const fenced_bytes&) = delete;
  fenced_bytes& operator=(const fenced_bytes&) = delete;

  std::string_view put(std::string_view bytes) {
    char* at = begin_ + size_ - bytes.size();
    std::memcpy(at, bytes.data(), bytes.size());
    return {at, bytes.size()};
  }

private:
  std::size_t page_, size_;
  char* begin_;
};

} // namespace

TEST_CASE("a good module is read and accepted") {
  const auto image = compiled("#include <string.h>\n" + entry +
                                  "__attribute__((visibility(\"default\"))) int length(const char* s) "
                                  "{ return (int)strlen(s); }\n",
                              module_flags + " -fno-builtin -Wl,-soname,city.so");
  if (!image) return;
  const auto facts = read_elf(*image);
  REQUIRE(facts.ok());
  CHECK(facts->build_id.size() == 40);
  CHECK(facts->build_id.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(facts->soname == "city.so");
  CHECK(facts->needed == std::vector<std::string>{"libc.so.6"});
  CHECK_THAT(facts->exports,
             Catch::UnorderedEquals(std::vector<std::string>{"vesta_module_entry", "length"}));
  CHECK(facts->undefined == std::vector<std::string>{"strlen"});
  CHECK(facts->unique.empty());
  CHECK_FALSE(facts->has_text_relocations);
  CHECK_FALSE(facts->has_tls_destructors);
  CHECK_FALSE(facts->forbids_unloading);
  CHECK(refusal(*image) == "");
}

TEST_CASE("two builds of the same source have one build-id, and an edit changes it") {
  const auto first = compiled(entry), again = compiled(entry),
             edited =
                 compiled(entry + "int more(void);\n"
                                  "__attribute__((visibility(\"default\"))) int more(void) { return 1; }");
  if (!first) return;
  CHECK(read_elf(*first)->build_id == read_elf(*again)->build_id);
  CHECK(read_elf(*first)->build_id != read_elf(*edited)->build_id);
}

TEST_CASE("an image without a build-id is refused") {
  const auto image = compiled(entry, "-Wl,--build-id=none");
  if (image) CHECK_THAT(refusal(*image), Contains("no build-id"));
}

TEST_CASE("a library that is not allowed is named") {
  const auto image = compiled(entry, module_flags + " -Wl,--no-as-needed -lm");
  if (!image) return;
  CHECK_THAT(refusal(*image), Contains("libm.so.6"));
  auto wider = policy;
  wider.allowed_libraries.push_back("libm.so.6");
  CHECK(refusal(*image, wider) == "");
}

TEST_CASE("a symbol that nothing defines is named") {
  const auto image = compiled("int nowhere_to_be_found(void);\n"
                              "__attribute__((visibility(\"default\"))) int vesta_module_entry(void) "
                              "{ return nowhere_to_be_found(); }");
  if (image) CHECK_THAT(refusal(*image), Contains("'nowhere_to_be_found'"));
}

TEST_CASE("a call that would end, replace or copy the host is refused by the function's name") {
  const auto calling = [](const std::string& call) {
    return compiled("#include <pthread.h>\n#include <stdlib.h>\n#include <unistd.h>\n"
                    "__attribute__((visibility(\"default\"))) int vesta_module_entry(void) { " +
                    call + "; return 7; }\n");
  };
  const auto refuses = [&](const std::string& call, const std::string& name, const std::string& why) {
    const auto image = calling(call);
    if (image) CHECK_THAT(refusal(*image), Contains("it calls " + name + "()") && Contains(why));
  };
  refuses("exit(0)", "exit", "would end the whole game: report an error instead");
  refuses("_exit(0)", "_exit", "would end the whole game");
  refuses("_Exit(0)", "_Exit", "would end the whole game");
  refuses("quick_exit(0)", "quick_exit", "would end the whole game");
  refuses("pthread_exit(0)", "pthread_exit", "would end a thread of the host");
  refuses("execl(\"/bin/true\", \"true\", (char*)0)", "execl", "would replace the whole game");
  refuses("fork()", "fork", "second process");
  refuses("pthread_t t; pthread_create(&t, 0, 0, 0)", "pthread_create", "starts a thread");
  const auto aborting = calling("abort()"); // which the crash guard takes
  if (aborting) CHECK(refusal(*aborting) == "");
}

TEST_CASE("a std::thread is refused as the calls of C are") {
  const auto image =
      compiled("#include <thread>\n" + cpp_entry + "void run() { std::thread([] {}).detach(); }\n" +
                   "void (*keep)() __attribute__((visibility(\"default\"))) = run;\n",
               module_flags, "g++");
  if (image) CHECK_THAT(refusal(*image), Contains("it calls std::thread, which starts a thread"));
}

TEST_CASE("a weak symbol may stay undefined") {
  const auto image = compiled("__attribute__((weak)) int nowhere_to_be_found(void);\n"
                              "__attribute__((visibility(\"default\"))) int vesta_module_entry(void) "
                              "{ return nowhere_to_be_found ? 1 : 0; }");
  if (image) CHECK(refusal(*image) == "");
}

TEST_CASE("a symbol is found in an allowed library that this process has not loaded") {
  const auto dependency = compiled("int vesta_test_dependency(void) { return 1; }", "");
  if (!dependency) return;
  const vesta::test::scratch_directory directory;
  const std::string path = directory / "dependency.so";
  std::ofstream(path, std::ios::binary) << *dependency;
  // Without a soname the path itself becomes the DT_NEEDED entry.
  const auto image = compiled("int vesta_test_dependency(void);\n"
                              "__attribute__((visibility(\"default\"))) int vesta_module_entry(void) "
                              "{ return vesta_test_dependency(); }",
                              module_flags + " '" + path + "'");
  CHECK_THAT(refusal(*image), Contains(path));
  auto wider = policy;
  wider.allowed_libraries.push_back(path);
  CHECK(refusal(*image, wider) == "");
}

TEST_CASE("the required symbol has to be exported") {
  const auto image = compiled("int vesta_module_entry(void) { return 7; }");
  if (image) CHECK_THAT(refusal(*image), Contains("does not export 'vesta_module_entry'"));
}

TEST_CASE("an export that another module has is refused, the required one is not") {
  const auto image =
      compiled(entry + "__attribute__((visibility(\"default\"))) int city_helper(void) { return 1; }");
  if (!image) return;
  auto rules = policy;
  rules.taken_symbols = {"other_helper", "vesta_module_entry"};
  CHECK(refusal(*image, rules) == "");
  rules.taken_symbols.push_back("city_helper");
  CHECK_THAT(refusal(*image, rules), Contains("'city_helper'") && Contains("another module"));
}

TEST_CASE("an export that this process defines is refused, because the process's would win") {
  const auto image =
      compiled(entry + "__attribute__((visibility(\"default\"))) int getpid(void) { return 1; }");
  if (image) CHECK_THAT(refusal(*image), Contains("'getpid'") && Contains("this process"));
}

TEST_CASE("a unique symbol of g++ is refused, and -fno-gnu-unique cures it") {
  const std::string source = "inline int& counter() { static int count; return count; }\n"
                             "extern \"C\" int vesta_module_entry() { return ++counter(); }";
  const auto pinning = compiled(source, "-O1 -fgnu-unique -Wl,--build-id", "g++");
  if (!pinning) return;
  CHECK_THAT(refusal(*pinning), Contains("counter") && Contains("-fno-gnu-unique"));
  CHECK(refusal(*compiled(source, "-O1 -fno-gnu-unique -Wl,--build-id", "g++")) == "");
}

TEST_CASE("weak exports of templates are no clash") {
  const auto image =
      compiled("#include <vector>\n#include <stdexcept>\n" + cpp_entry +
                   "__attribute__((visibility(\"default\"))) int grow(int n) "
                   "{ std::vector<int> v; for (int i = 0; i < n; ++i) v.push_back(i); return v.back(); }",
               module_flags + " -fno-gnu-unique", "g++");
  if (!image) return;
  auto rules = policy;
  rules.allowed_libraries.push_back("libm.so.6");
  CHECK(refusal(*image, rules) == "");
}

TEST_CASE("a thread_local with a destructor is refused") {
  const auto image =
      compiled("struct owner { int* p; ~owner() { delete p; } };\nthread_local owner mine;\n"
               "extern \"C\" __attribute__((visibility(\"default\"))) int vesta_module_entry() "
               "{ mine.p = new int(1); return *mine.p; }",
               module_flags, "g++");
  if (!image) return;
  auto rules = policy;
  for (const char* library : {"libm.so.6", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"})
    rules.allowed_libraries.push_back(library); // the loader itself finds a thread's variables
  CHECK_THAT(refusal(*image, rules), Contains("thread_local") && Contains("__cxa_thread_atexit"));
}

TEST_CASE("an image that forbids unloading is refused") {
  const auto image = compiled(entry, module_flags + " -Wl,-z,nodelete");
  if (image) CHECK_THAT(refusal(*image), Contains("nodelete"));
}

TEST_CASE("text relocations are refused") {
  const auto image =
      compiled(entry + "static int target;\n"
                       "__asm__(\".text\\n.balign 8\\n.quad vesta_text_label\\nvesta_text_label: .long 0\");",
               module_flags + " -Wl,-z,notext");
  if (image) CHECK_THAT(refusal(*image), Contains("text relocations"));
}

TEST_CASE("what is not a shared library of this machine is named") {
  const auto image = compiled(entry);
  if (!image) return;
  const auto machine = patched<Elf64_Half>(*image, offsetof(Elf64_Ehdr, e_machine), EM_PPC64);
  CHECK_THAT(refusal(machine), Contains(fmt::format("ELF machine {}", EM_PPC64)));
  const auto arm = patched<Elf64_Half>(*image, offsetof(Elf64_Ehdr, e_machine), EM_ARM);
  CHECK_THAT(refusal(arm), Contains("built for ARM"));
  CHECK_THAT(refusal(patched<char>(*image, EI_CLASS, ELFCLASS32)), Contains("not a 64-bit"));
  CHECK_THAT(refusal(patched<char>(*image, EI_DATA, ELFDATA2MSB)), Contains("byte order"));
  CHECK_THAT(refusal(patched<char>(*image, EI_OSABI, ELFOSABI_FREEBSD)), Contains("another system"));
  CHECK_THAT(refusal(patched<Elf64_Half>(*image, offsetof(Elf64_Ehdr, e_type), ET_REL)),
             Contains("not a shared library"));
  CHECK_THAT(refusal("int main() {}"), Contains("not an ELF file"));
  CHECK_THAT(refusal(""), Contains("not an ELF file"));
}

TEST_CASE("a file cut at any byte is refused, and reading it stays inside it") {
  const auto image = compiled(entry);
  if (!image) return;
  fenced_bytes memory(image->size());
  std::size_t accepted = 0, half_written = 0;
  for (std::size_t cut = 0; cut < image->size(); ++cut) {
    const auto facts = read_elf(memory.put(std::string_view(*image).substr(0, cut)));
    accepted += facts.ok();
    half_written += facts.status().message().find("half-written") != std::string_view::npos;
  }
  CHECK(accepted == 0);
  CHECK(half_written == image->size() - SELFMAG);
  CHECK(read_elf(memory.put(*image)).ok());
}

TEST_CASE("a file whose tail is still zero is refused") {
  const auto image = compiled(entry);
  if (!image) return;
  // The last section header's second half may be zero by right.
  const std::size_t last = image->size() - sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_flags);
  std::size_t accepted = 0;
  for (std::size_t cut = 0; cut < last - sizeof(Elf64_Word); cut += 7) {
    std::string torn = *image;
    std::memset(torn.data() + cut, 0, torn.size() - cut);
    accepted += read_elf(torn).ok();
  }
  CHECK(accepted == 0);
}

TEST_CASE("flipped bytes never make the reader fault") {
  const auto image = compiled("#include <stdio.h>\nstatic int inner(int n) { return printf(\"%d\", n); }\n"
                              "__attribute__((visibility(\"default\"))) int (*hook)(int) = inner;\n" +
                              entry);
  if (!image) return;
  std::mt19937_64 random(2);
  fenced_bytes memory(image->size());
  // Where the reader looks: the headers at the front, the notes and dynamic tables behind them, the tables at
  // the end.
  const auto header = [&] {
    Elf64_Ehdr copy;
    std::memcpy(&copy, image->data(), sizeof copy);
    return copy;
  }();
  std::size_t read = 0, refused = 0;
  for (int run = 0; run < 20'000; ++run) {
    std::string bytes = *image;
    for (int flips = 1 + run % 3; flips > 0; --flips) {
      const std::size_t from = random() % 2 ? 0 : header.e_shoff;
      const std::size_t size = from == 0 ? 0x600 : bytes.size() - from;
      bytes[random() % 8 == 0 ? random() % bytes.size() : from + random() % size] ^=
          static_cast<char>(1 + random() % 255);
    }
    const auto whole = memory.put(bytes);
    const auto facts = read_elf(whole);
    facts.ok() ? ++read : ++refused;
    if (!facts.ok()) continue;
    function_at(whole, random() % 0x5000);
    static_cast<void>(verify_elf(*facts, policy));
  }
  CHECK(read > 1000);
  CHECK(refused > 1000);
}

TEST_CASE("an address is named by its function, a static one too") {
  const auto image =
      compiled("static int __attribute__((noinline)) spread(int n) { return n * 3; }\n"
               "__attribute__((visibility(\"default\"))) int fire(int n) { return spread(n) + 1; }");
  if (!image) return;
  std::string names;
  for (std::uint64_t address = 0; address < 0x4000; ++address) {
    const auto name = function_at(*image, address);
    if (name.ends_with("+0x0")) names += name + " ";
  }
  CHECK_THAT(names, Contains("spread+0x0") && Contains("fire+0x0"));
  CHECK(function_at(*image, 1) == "");
}
