/* fire: it starts anywhere, spreads to what burns, leaves rubble, and is short where a fire station reaches.
 */
#include "city.h"

#include <string.h>

static const char* const parameters[] = {"fire_risk", "fire_spread"};
static const vesta_import imports[] = {{"map.kind_of", "uint32_t(uint32_t)"}};

static const vesta_column columns[] = {
    {"city", "funds", VESTA_READ, VESTA_F64, 1, 1, 0},
    {"tiles", "powered", VESTA_READ, VESTA_U8, 1, 1, 0},
    {"tiles", "word", VESTA_WRITE, VESTA_U16, 1, 1, 0},
    {"tiles", "protected", VESTA_OWN, VESTA_U8, 1, 1, 0}, /* by a fire station */
    {"city", "fires", VESTA_OWN, VESTA_U32, 1, 1, 0},     /* tiles that burn */
    {"city", "burnt", VESTA_OWN, VESTA_U32, 1, 1, 0},     /* tiles that have burnt down */
};
enum { funds, powered, word, is_protected, fires, burnt };

static constexpr uint32_t station_reach = 15;
/* Frames that a tile burns on the average, with a fire station near and without. */
static constexpr uint32_t short_fire = 60, long_fire = 240;

/* Stations work while they have power and the city can pay them. */
static void send_out_engines(const vesta_frame* frame) {
  const auto kind_of = reinterpret_cast<word_function>(frame->imports[0]);
  const uint16_t* words = column<uint16_t>(frame, word);
  uint8_t* safe = column<uint8_t>(frame, is_protected);
  memset(safe, 0, map_tiles);
  if (*column<double>(frame, funds) <= 0) return;
  for (uint32_t tile = 0; tile < map_tiles; ++tile) {
    if ((words[tile] & centre) == 0 || kind_of(words[tile]) != fire_station) continue;
    if (column<uint8_t>(frame, powered)[tile] == 0) continue;
    const uint32_t x = x_of(tile), y = y_of(tile), top = y < station_reach ? 0 : y - station_reach;
    const uint32_t bottom = y + station_reach < map_height ? y + station_reach + 1 : map_height;
    for (uint32_t nx = x < station_reach ? 0 : x - station_reach; nx <= x + station_reach && nx < map_width;
         ++nx)
      memset(safe + tile_at(nx, top), 1, bottom - top);
  }
}

/* Sets woods or a lot on fire. Roads, plants and stations are of stone here, whatever the map's flag says. */
static void ignite(const vesta_frame* frame, uint32_t tile) {
  const auto kind_of = reinterpret_cast<word_function>(frame->imports[0]);
  uint16_t& here = column<uint16_t>(frame, word)[tile];
  const uint32_t is = kind_of(here);
  if ((here & burnable) == 0 || (is != woods && is != home_zone && is != shop_zone && is != factory_zone))
    return;
  here = static_cast<uint16_t>(56 + tile % 8);
  ++*column<uint32_t>(frame, fires);
}

static void burn(const vesta_frame* frame, uint32_t tile, uint64_t chance) {
  const bool soon_over = column<uint8_t>(frame, is_protected)[tile] != 0;
  if (below(chance, soon_over ? short_fire : long_fire) == 0) {
    column<uint16_t>(frame, word)[tile] = static_cast<uint16_t>((44 + tile % 4) | bulldozable);
    --*column<uint32_t>(frame, fires), ++*column<uint32_t>(frame, burnt);
  } else if (below(chance >> 16, 10000) < 100 * frame->parameters[1] / 60) {
    static constexpr int32_t around[] = {1, -1, map_height, -static_cast<int32_t>(map_height)};
    const uint32_t next = tile + static_cast<uint32_t>(around[chance >> 62]);
    if (next < map_tiles) ignite(frame, next);
  }
}

static int step(const vesta_frame* frame) {
  if (frame->number % round_frames == 0) send_out_engines(frame);
  if (*column<uint32_t>(frame, fires) > 0) {
    for (uint32_t tile = 0; tile < map_tiles; ++tile)
      if (const uint32_t number = column<uint16_t>(frame, word)[tile] & tile_mask;
          number >= 56 && number <= 63)
        burn(frame, tile, mix(frame->seed, tile));
  }
  const uint64_t chance = mix(frame->seed, map_tiles);
  if (below(chance, 3600) < frame->parameters[0]) ignite(frame, below(mix(chance, 1), map_tiles));
  return 0;
}

static uint32_t burning(const vesta_frame* frame) {
  const auto kind_of = reinterpret_cast<word_function>(frame->imports[0]);
  uint32_t count = 0;
  for (uint32_t tile = 0; tile < map_tiles; ++tile)
    count += kind_of(column<uint16_t>(frame, word)[tile]) == fire;
  return count;
}

static int init(const vesta_frame* frame) {
  *column<uint32_t>(frame, fires) = burning(frame);
  send_out_engines(frame);
  return 0;
}

static int check(const vesta_frame* frame) {
  if (*column<uint32_t>(frame, fires) == burning(frame)) return 0;
  frame->host->fail(frame, "the number of fires differs from the burning tiles on the map");
  return 0x7061;
}

static constexpr vesta_module make_descriptor() {
  vesta_module self = module_named("fire", columns);
  self.parameters = parameters, self.parameter_count = size_of(parameters);
  self.imports = imports, self.import_count = size_of(imports);
  self.init = init, self.step = step, self.check = check;
  return self;
}
static constexpr vesta_module descriptor = make_descriptor();

const vesta_module* vesta_module_entry(void) { return &descriptor; }
