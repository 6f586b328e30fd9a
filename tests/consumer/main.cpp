#include "vesta/messages/placement.hpp"
#include "vesta/module.h"
#include "vesta/platform/clock.hpp"

#include <cstdio>
#include <cstring>

int main() {
  const vesta_module* module = vesta_module_entry();
  const auto& clock = vesta::platform::steady_clock();
  const auto before = clock.now();
  const bool good = before <= clock.now() && std::strcmp(module->name, "consumer") == 0 &&
                    vesta::placement::on_core(1).core == 1;
  std::printf("%s\n", good ? "the installed Vesta works" : "the installed Vesta does not work");
  return good ? 0 : 1;
}
