/* map: the ground. It reads a .cty file or founds a city, lists the lots, and lets woods grow back. */
#include "city.h"
#include "founding.h"

#include <stdio.h>

static constexpr uint64_t file_bytes = 27120, two_layer_bytes = 51120, map_at = 3120, misc_at = 2880;

/* Kind of each tile number, made by the compiler from the format's ranges. */
struct kind_table {
  kind of[1024] = {};
  constexpr void set(uint32_t first, uint32_t last, kind value) {
    for (uint32_t tile = first; tile <= last; ++tile) of[tile] = value;
  }
  constexpr kind_table() {
    set(2, 20, water), set(21, 43, woods), set(44, 47, rubble), set(48, 51, water), set(52, 52, rubble);
    set(56, 63, fire), set(64, 206, road), set(208, 222, wire), set(224, 236, rail), set(237, 238, road);
    set(239, 404, home_zone), set(405, 422, building), set(423, 611, shop_zone), set(612, 692, factory_zone);
    set(693, 744, building), set(745, 760, coal_plant), set(761, 769, fire_station), set(770, 810, building);
    set(811, 826, nuclear_plant), set(827, 1023, building);
  }
};
static constexpr kind_table kinds;

static uint32_t kind_of(uint32_t word) { return kinds.of[word & tile_mask]; }

/* How high a lot is built up, from the tile at its centre: 0 is an empty zone. */
static uint32_t level_of(uint32_t word) {
  const uint32_t tile = word & tile_mask;
  switch (kind_of(word)) {
  case home_zone:
    return tile < 265 ? 0 : 1 + (tile - 265) / 9 % 4;
  case shop_zone:
    return tile < 436 ? 0 : 1 + (tile - 436) / 9 % 5;
  case factory_zone:
    return tile < 625 ? 0 : 1 + (tile - 625) / 9 % 4;
  default:
    return 0;
  }
}

static const vesta_column columns[] = {
    {"tiles", "word", VESTA_WRITE, VESTA_U16, 1, 1, 0},
    {"lots", "tile", VESTA_OWN_CONST, VESTA_U16, 1, 1, 0},
    {"lots", "kind", VESTA_OWN_CONST, VESTA_U8, 1, 1, 0},
    {"city", "lots", VESTA_OWN_CONST, VESTA_U32, 1, 1, 0},
    {"city", "seed", VESTA_OWN_CONST, VESTA_U64, 1, 1, 0},
    {"city", "founding_funds", VESTA_OWN_CONST, VESTA_F64, 1, 1, 20000},
};
enum { word, lot_tile, lot_kind, lots, seed, founding_funds };

static int refuse(const vesta_frame* frame, uint64_t size) {
  char sentence[200];
  snprintf(sentence, sizeof sentence,
           "the map file is %s: it has %llu bytes, but a .cty file has 27120, or 51120 with a second layer; "
           "give another file with --set map=FILE",
           size < file_bytes        ? "truncated"
           : size > two_layer_bytes ? "too large"
                                    : "no .cty file",
           static_cast<unsigned long long>(size));
  frame->host->fail(frame, sentence);
  return 0x7001;
}

static void read_map(const vesta_frame* frame, const uint8_t* bytes) {
  for (uint32_t tile = 0; tile < map_tiles; ++tile)
    column<uint16_t>(frame, word)[tile] =
        static_cast<uint16_t>(bytes[map_at + 2 * tile] << 8 | bytes[map_at + 2 * tile + 1]);
  const uint8_t* funds = bytes + misc_at + 2 * 50;
  *column<double>(frame, founding_funds) = static_cast<int32_t>(
      uint32_t(funds[0]) << 24 | uint32_t(funds[1]) << 16 | uint32_t(funds[2]) << 8 | funds[3]);
}

/* Lists the lots; says whether there is a home and a place to work. */
static bool list_lots(const vesta_frame* frame) {
  uint32_t count = 0, of_kind[16] = {};
  for (uint32_t tile = 0; tile < map_tiles && count < frame->rows[lot_tile]; ++tile) {
    const uint32_t is = kind_of(column<uint16_t>(frame, word)[tile]), x = x_of(tile), y = y_of(tile);
    if ((column<uint16_t>(frame, word)[tile] & centre) == 0 || is < home_zone || is > factory_zone) continue;
    if (x == 0 || y == 0 || x == map_width - 1 || y == map_height - 1) continue;
    column<uint16_t>(frame, lot_tile)[count] = static_cast<uint16_t>(tile);
    column<uint8_t>(frame, lot_kind)[count++] = static_cast<uint8_t>(is);
    ++of_kind[is];
  }
  *column<uint32_t>(frame, lots) = count;
  return of_kind[home_zone] > 0 && of_kind[shop_zone] + of_kind[factory_zone] > 0;
}

static int init(const vesta_frame* frame) {
  uint64_t size = 0;
  const void* bytes = frame->host->file(frame, "map", &size);
  if (bytes != nullptr && size != file_bytes && size != two_layer_bytes) return refuse(frame, size);
  *column<uint64_t>(frame, seed) = frame->seed;
  if (bytes != nullptr)
    read_map(frame, static_cast<const uint8_t*>(bytes));
  else
    draw_land(column<uint16_t>(frame, word), frame->seed);
  if (list_lots(frame)) return 0;
  settle(kind_of, column<uint16_t>(frame, word), frame->seed);
  list_lots(frame);
  return 0;
}

/* Nature takes a few of the ruins back. Those of a lot are rebuilt sooner than that, by `zones`. */
static int step(const vesta_frame* frame) {
  uint16_t& here = column<uint16_t>(frame, word)[below(frame->seed, map_tiles)];
  if (kind_of(here) == rubble && below(frame->seed >> 32, 4) == 0) here = 37 | bulldozable | burnable;
  return 0;
}

static int check(const vesta_frame* frame) {
  const uint32_t count = *column<uint32_t>(frame, lots);
  bool holds = count <= frame->rows[lot_tile];
  for (uint32_t lot = 0; holds && lot < count; ++lot)
    holds = column<uint16_t>(frame, lot_tile)[lot] < map_tiles &&
            column<uint8_t>(frame, lot_kind)[lot] >= home_zone &&
            column<uint8_t>(frame, lot_kind)[lot] <= factory_zone;
  if (!holds) frame->host->fail(frame, "a lot is not on the map, or neither home, shop nor factory");
  return holds ? 0 : 0x7002;
}

static const vesta_export exports[] = {
    {"map.kind_of", "uint32_t(uint32_t)", reinterpret_cast<void (*)()>(kind_of)},
    {"map.level_of", "uint32_t(uint32_t)", reinterpret_cast<void (*)()>(level_of)},
};

static constexpr vesta_module make_descriptor() {
  vesta_module self = module_named("map", columns);
  self.exports = exports, self.export_count = size_of(exports);
  self.init = init, self.step = step, self.check = check;
  return self;
}
static constexpr vesta_module descriptor = make_descriptor();

const vesta_module* vesta_module_entry(void) { return &descriptor; }
