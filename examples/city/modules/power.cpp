/* power: four times a second it follows the lines from every plant, as far as the plants' output goes. */
#include "city.h"

#include <string.h>

static const vesta_import imports[] = {{"map.kind_of", "uint32_t(uint32_t)"}};

static const vesta_column columns[] = {
    {"city", "lots", VESTA_READ, VESTA_U32, 1, 1, 0},
    {"tiles", "word", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"lots", "tile", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"tiles", "powered", VESTA_OWN, VESTA_U8, 1, 1, 0},
    {"lots", "powered", VESTA_OWN, VESTA_U8, 1, 1, 0},
    {"city", "powered_share", VESTA_OWN, VESTA_F32, 1, 1, 0}, /* of the lots, 0 to 1 */
};
enum { lots, word, lot_tile, powered, lot_powered, powered_share };

/* Tiles that one plant supplies. */
static constexpr uint32_t coal_output = 700, nuclear_output = 2000;

static void spread(const vesta_frame* frame) {
  const auto kind_of = reinterpret_cast<word_function>(frame->imports[0]);
  const uint16_t* words = column<uint16_t>(frame, word);
  uint8_t* lit = column<uint8_t>(frame, powered);
  uint16_t order[map_tiles];
  uint32_t reached = 0, output = 0;
  const auto reach = [&](uint32_t tile) {
    if (lit[tile] != 0 || (words[tile] & conductive) == 0) return;
    lit[tile] = 1;
    order[reached++] = static_cast<uint16_t>(tile);
  };
  memset(lit, 0, map_tiles);
  for (uint32_t tile = 0; tile < map_tiles; ++tile) {
    const uint32_t is = (words[tile] & centre) != 0 ? kind_of(words[tile]) : 0;
    if (is != coal_plant && is != nuclear_plant) continue;
    output += is == coal_plant ? coal_output : nuclear_output;
    reach(tile);
  }
  for (uint32_t next = 0; next < reached && reached < output; ++next) {
    const uint32_t here = order[next];
    if (x_of(here) > 0) reach(here - map_height);
    if (x_of(here) + 1 < map_width) reach(here + map_height);
    if (y_of(here) > 0) reach(here - 1);
    if (y_of(here) + 1 < map_height) reach(here + 1);
  }
}

static void light_lots(const vesta_frame* frame) {
  const uint32_t count = *column<uint32_t>(frame, lots);
  uint32_t lit = 0;
  for (uint32_t lot = 0; lot < count; ++lot)
    lit += column<uint8_t>(frame, lot_powered)[lot] =
        column<uint8_t>(frame, powered)[column<uint16_t>(frame, lot_tile)[lot]];
  *column<float>(frame, powered_share) = count == 0 ? 0 : static_cast<float>(lit) / static_cast<float>(count);
}

static int init(const vesta_frame* frame) {
  spread(frame);
  light_lots(frame);
  return 0;
}

static int step(const vesta_frame* frame) {
  if (frame->number % 15 != 0) return 0;
  spread(frame);
  light_lots(frame);
  return 0;
}

static int check(const vesta_frame* frame) {
  const float share = *column<float>(frame, powered_share);
  if (share >= 0 && share <= 1) return 0;
  frame->host->fail(frame, "the share of lots with power is not between 0 and 1");
  return 0x7031;
}

static constexpr vesta_module make_descriptor() {
  vesta_module self = module_named("power", columns);
  self.imports = imports, self.import_count = size_of(imports);
  self.init = init, self.step = step, self.check = check;
  return self;
}
static constexpr vesta_module descriptor = make_descriptor();

const vesta_module* vesta_module_entry(void) { return &descriptor; }
