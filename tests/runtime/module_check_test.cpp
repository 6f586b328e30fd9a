#include <catch2/catch.hpp>

#include <functional>

#include "support/fake_module.hpp"
#include "vesta/runtime/module_check.hpp"

using namespace vesta;
using Catch::Matchers::Contains;
using test::fake_module;

namespace {

game_description game() {
  return *parse_game(R"(name = "city"
[parameters.heat]
default = 1
[tables.tiles]
rows = 100
[tables.tiles.columns.shared]
type = "u8"
[[modules]]
name = "fire"
source = "fire.cpp"
[[modules]]
name = "power"
source = "power.cpp"
)",
                     "g.toml");
}

std::string refusal_of(fake_module& module) {
  return std::string(check_module(module.get(), "fire", game(), whole_process).message());
}

std::string refusal_of(fake_module& first, fake_module& second) {
  const vesta_module* modules[] = {first.get(), second.get()};
  return std::string(check_modules(modules, game()).message());
}

void no_code() {}

} // namespace

TEST_CASE("a module that declares all it may is accepted") {
  fake_module fire("fire");
  fire.column("tiles", "burning", VESTA_OWN, VESTA_U8).column("tiles", "shared", VESTA_WRITE, VESTA_U8);
  fire.parameters = {"heat"};
  fire.imports = {{"power.on", "int(void)"}};
  fire.descriptor.table = "tiles";
  CHECK(refusal_of(fire) == "");
  fake_module power("power");
  power.column("tiles", "burning", VESTA_READ, VESTA_U8);
  power.exports = {{"power.on", "int(void)", no_code}};
  CHECK(refusal_of(fire, power) == "");
}

TEST_CASE("a descriptor that the host cannot use is refused with a sentence") {
  using change = std::function<void(fake_module&)>;
  static const std::string long_name(300, 'x');
  const auto [spoil, sentence] = GENERATE(values<std::pair<change, std::string>>({
      {[](auto& m) { m.descriptor.abi = 9; }, "interface 9 and this host has 1"},
      {[](auto& m) { m.descriptor.size = 16; }, "descriptor of 16 bytes"},
      {[](auto& m) { m.descriptor.name = nullptr; }, "no readable name"},
      {[](auto& m) { m.descriptor.name = ""; }, "no readable name"},
      {[](auto& m) { m.descriptor.name = long_name.c_str(); }, "no readable name"},
      {[](auto& m) { m.descriptor.name = "water"; }, "in the place of \"fire\" calls itself \"water\""},
      {[](auto& m) { m.descriptor.version = nullptr; }, "has no version"},
      {[](auto& m) { m.descriptor.step = nullptr; }, "has no `step`"},
      {[](auto& m) { m.descriptor.table = "tile"; }, "which g.toml does not have; did you mean \"tiles\"?"},
      {[](auto& m) { m.column("roads", "load", VESTA_OWN, VESTA_U8); },
       "table \"roads\", which g.toml does not have"},
      {[](auto& m) { m.column("tiles", nullptr, VESTA_OWN, VESTA_U8); },
       "column 0 of module \"fire\" has no table"},
      {[](auto& m) { m.column("tiles", long_name.c_str(), VESTA_OWN, VESTA_U8); },
       "column 0 of module \"fire\""},
      {[](auto& m) { m.column("tiles", "a", static_cast<vesta_access>(0), VESTA_U8); }, "unknown access 0"},
      {[](auto& m) { m.column("tiles", "a", VESTA_OWN, static_cast<vesta_type>(11)); }, "unknown type 11"},
      {[](auto& m) { m.column("tiles", "a", VESTA_OWN, VESTA_U8, 256); }, "is u8 and cannot begin with 256"},
      {[](auto& m) { m.column("tiles", "a", VESTA_OWN, VESTA_U8, 0, 5000); }, "wants 5000 elements a row"},
      {[](auto& m) {
         m.column("tiles", "a", VESTA_OWN, VESTA_U8).column("tiles", "a", VESTA_READ, VESTA_U8);
       },
       "names column tiles.a twice"},
      {[](auto& m) { m.parameters = {"heet"}; },
       "reads the parameter \"heet\", which is no number of g.toml; did you"},
      {[](auto& m) { m.parameters = {nullptr}; }, "parameter 0 of module \"fire\" has no name"},
      {[](auto& m) {
         m.imports = {{"power.on", nullptr}};
       },
       "import 0 of module \"fire\""},
      {[](auto& m) {
         m.exports = {{"fire.on", "void(void)", nullptr}};
       },
       "the function is not in its image"},
  }));
  fake_module fire("fire");
  spoil(fire);
  CHECK_THAT(refusal_of(fire), Contains(sentence));
}

TEST_CASE("lists that are missing or too long are refused") {
  fake_module fire("fire");
  auto descriptor = *fire.get();
  descriptor.column_count = 3;
  descriptor.columns = nullptr;
  CHECK_THAT(std::string(check_module(&descriptor, "fire", game(), whole_process).message()),
             Contains("declares 3 columns, but the list is not in its image"));
  descriptor.column_count = 1'000'000;
  CHECK_THAT(std::string(check_module(&descriptor, "fire", game(), whole_process).message()),
             Contains("declares 1000000 columns, more than 1024"));
  CHECK_THAT(std::string(check_module(nullptr, "fire", game(), whole_process).message()),
             Contains("no descriptor"));
}

TEST_CASE("a pointer that leads out of the module's image is refused and not followed") {
  struct {
    vesta_module descriptor;
    char name[8] = "fire";
    char version[8] = "1.0.0";
  } image;
  image.descriptor = *fake_module("fire").get();
  image.descriptor.name = image.name;
  image.descriptor.version = image.version;
  const auto begin = reinterpret_cast<std::uintptr_t>(&image);
  const platform::address_range range{begin, begin + sizeof image};
  CHECK_THAT(std::string(check_module(&image.descriptor, "fire", game(), range).message()),
             Contains("a function that lies outside of its image"));
  image.descriptor.name = reinterpret_cast<const char*>(8);
  CHECK_THAT(std::string(check_module(&image.descriptor, "fire", game(), range).message()),
             Contains("no readable name"));
}

TEST_CASE("modules that do not fit together are refused with both names") {
  using change = std::function<void(fake_module&, fake_module&)>;
  const auto [spoil, sentence] = GENERATE(values<std::pair<change, std::string>>({
      {[](auto& a, auto& b) {
         a.column("tiles", "x", VESTA_OWN, VESTA_U8);
         b.column("tiles", "x", VESTA_OWN_CONST, VESTA_U8);
       },
       "module \"power\" and module \"fire\" both own column tiles.x"},
      {[](auto& a, auto&) { a.column("tiles", "shared", VESTA_OWN, VESTA_U8); },
       "module \"fire\" and g.toml both own column tiles.shared"},
      {[](auto& a, auto&) { a.column("tiles", "shares", VESTA_READ, VESTA_U8); },
       "reads column tiles.shares, which nobody owns; did you mean \"tiles.shared\"?"},
      {[](auto& a, auto&) { a.column("tiles", "shared", VESTA_READ, VESTA_U16); },
       "reads column tiles.shared as u16, but g.toml has it as u8"},
      {[](auto& a, auto& b) {
         a.column("tiles", "x", VESTA_OWN, VESTA_U8);
         b.column("tiles", "x", VESTA_WRITE, VESTA_U8);
       },
       "module \"power\" writes column tiles.x, which module \"fire\" owns"},
      {[](auto& a, auto&) {
         a.imports = {{"power.on", "int(void)"}};
       },
       "imports power.on, which no module exports"},
      {[](auto& a, auto& b) {
         a.imports = {{"power.on", "int(void)"}};
         b.exports = {{"power.on", "int(int)", no_code}};
       },
       "imports power.on as int(void), but module \"power\" exports it as int(int)"},
      {[](auto& a, auto& b) {
         a.exports = {{"on", "int(int)", no_code}};
         b.exports = {{"on", "int(int)", no_code}};
       },
       "module \"fire\" and module \"power\" both export on"},
  }));
  fake_module fire("fire"), power("power");
  spoil(fire, power);
  CHECK_THAT(refusal_of(fire, power), Contains(sentence));
}

TEST_CASE("the interface hash depends on names and signatures, not on their order") {
  fake_module one("fire"), two("fire"), three("fire");
  one.exports = {{"a", "int(int)", no_code}, {"b", "int(int)", no_code}};
  two.exports = {{"b", "int(int)", no_code}, {"a", "int(int)", no_code}};
  three.exports = {{"a", "int(int)", no_code}, {"b", "int(long)", no_code}};
  CHECK(interface_hash(*one.get()) == interface_hash(*two.get()));
  CHECK(interface_hash(*one.get()) != interface_hash(*three.get()));
}
