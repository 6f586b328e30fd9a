#include "vesta/module.h"

#include <stddef.h>

static int step(const vesta_frame* frame) {
  (void)frame;
  return 0;
}

const vesta_module* vesta_module_entry(void) {
  static const vesta_module module = {.abi = VESTA_MODULE_ABI,
                                      .size = sizeof(vesta_module),
                                      .name = "consumer",
                                      .version = "1.0.0",
                                      .step = step};
  return &module;
}
