/* traffic: counts the commuters on each road tile, and from that how fast everyone gets to work.
 *
 * Each frame it follows the people of one home to their work, over the shortest way on the roads. When it has
 * been to all homes, the counts become the new load. */
#include "city.h"

#include <string.h>

static const vesta_import imports[] = {{"map.kind_of", "uint32_t(uint32_t)"}};

static const vesta_column columns[] = {
    {"city", "lots", VESTA_READ, VESTA_U32, 1, 1, 0},
    {"tiles", "word", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"lots", "tile", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"citizens", "home", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"citizens", "work", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"citizens", "pace", VESTA_OWN, VESTA_U8, 1, 1, 8}, /* 255ths of the way to work in a frame */
    {"lots", "road", VESTA_OWN_CONST, VESTA_U16, 1, 1, 0xFFFF},
    {"tiles", "traffic", VESTA_OWN, VESTA_U32, 1, 1, 0},
    {"tiles", "counted", VESTA_OWN, VESTA_U32, 1, 1, 0},
    {"city", "next_survey", VESTA_OWN, VESTA_U64, 1, 1, 0}, /* row of citizens */
    {"city", "traffic_peak", VESTA_OWN, VESTA_U32, 1, 1, 0},
};
enum { lots, word, lot_tile, home, work };
enum { pace = work + 1, lot_road, traffic, counted, next_survey, traffic_peak };

static constexpr uint16_t nowhere = 0xFFFF;
static constexpr uint32_t lots_max = 2048, survey_rows_max = 16384;

/* How many times longer a road tile takes with that many commuters a day; a free road takes 1. */
static float delay(uint32_t commuters, uint32_t citizens) {
  const float capacity = 0.03f * static_cast<float>(citizens);
  const float load = static_cast<float>(commuters) / capacity;
  return load < 4 ? 1 + load : 5;
}

/* Ways over the roads from one place to all others, nearest first. */
struct ways {
  uint32_t reached = 0;
  uint16_t order[map_tiles], from[map_tiles];
  float time[map_tiles];
};

static void find_ways(const vesta_frame* frame, uint16_t start, ways& all) {
  const auto kind_of = reinterpret_cast<word_function>(frame->imports[0]);
  const uint16_t* words = column<uint16_t>(frame, word);
  const uint32_t* load = column<uint32_t>(frame, traffic);
  const uint32_t citizens = static_cast<uint32_t>(frame->rows[home]);
  memset(all.from, 0xFF, sizeof all.from);
  if (start == nowhere) return;
  all.order[all.reached++] = start, all.from[start] = start, all.time[start] = 0;
  for (uint32_t next = 0; next < all.reached; ++next) {
    const uint16_t here = all.order[next];
    const auto drive_to = [&](uint32_t tile) {
      if (all.from[tile] != nowhere || kind_of(words[tile]) != road) return;
      all.order[all.reached++] = static_cast<uint16_t>(tile), all.from[tile] = here;
      all.time[tile] = all.time[here] + delay(load[tile], citizens);
    };
    if (x_of(here) > 0) drive_to(here - map_height);
    if (x_of(here) + 1 < map_width) drive_to(here + map_height);
    if (y_of(here) > 0) drive_to(here - 1);
    if (y_of(here) + 1 < map_height) drive_to(here + 1u);
  }
}

/* 255ths of the way in a frame: 60 free tiles take 20 frames, and who finds no road walks all day. */
static uint8_t pace_to(const ways& all, uint16_t tile) {
  if (tile == nowhere || all.from[tile] == nowhere) return 3;
  const float frames = all.time[tile] / 3;
  return static_cast<uint8_t>(frames < 2 ? 128 : frames > 85 ? 3 : 255 / frames);
}

/* Follows the people of one home, or some thousands of them. Returns the row after the last. */
static uint64_t survey(const vesta_frame* frame, uint64_t row) {
  const uint32_t lot_count = *column<uint32_t>(frame, lots);
  const uint16_t *homes = column<uint16_t>(frame, home), *jobs = column<uint16_t>(frame, work),
                 *roads = column<uint16_t>(frame, lot_road);
  const uint16_t lot = homes[row];
  ways all;
  uint8_t paces[lots_max];
  uint32_t flow[map_tiles] = {};
  find_ways(frame, roads[lot], all);
  for (uint32_t one = 0; one < lot_count && one < lots_max; ++one) paces[one] = pace_to(all, roads[one]);
  uint64_t last = row + survey_rows_max < frame->rows[home] ? row + survey_rows_max : frame->rows[home];
  for (; row < last && homes[row] == lot; ++row) {
    if (jobs[row] >= lot_count) continue;
    column<uint8_t>(frame, pace)[row] = paces[jobs[row]];
    if (roads[jobs[row]] != nowhere) ++flow[roads[jobs[row]]];
  }
  for (uint32_t i = all.reached; i-- > 0;) {
    const uint16_t tile = all.order[i];
    column<uint32_t>(frame, counted)[tile] += flow[tile];
    if (all.from[tile] != tile) flow[all.from[tile]] += flow[tile];
  }
  return row;
}

static void publish(const vesta_frame* frame) {
  uint32_t *load = column<uint32_t>(frame, traffic), *fresh = column<uint32_t>(frame, counted), peak = 0;
  for (uint32_t tile = 0; tile < map_tiles; ++tile) {
    load[tile] = fresh[tile], fresh[tile] = 0;
    if (load[tile] > peak) peak = load[tile];
  }
  *column<uint32_t>(frame, traffic_peak) = peak;
}

/* The road nearest to a lot, at most two tiles from its edge. */
static uint16_t road_beside(const vesta_frame* frame, uint32_t tile) {
  const auto kind_of = reinterpret_cast<word_function>(frame->imports[0]);
  const int32_t x = static_cast<int32_t>(x_of(tile)), y = static_cast<int32_t>(y_of(tile));
  for (int32_t far = 2; far <= 3; ++far)
    for (int32_t dx = -far; dx <= far; ++dx)
      for (int32_t dy = -far; dy <= far; ++dy) {
        const uint32_t nx = static_cast<uint32_t>(x + dx), ny = static_cast<uint32_t>(y + dy);
        if (nx >= map_width || ny >= map_height) continue;
        if (kind_of(column<uint16_t>(frame, word)[tile_at(nx, ny)]) == road)
          return static_cast<uint16_t>(tile_at(nx, ny));
      }
  return nowhere;
}

static int init(const vesta_frame* frame) {
  for (uint32_t lot = 0; lot < *column<uint32_t>(frame, lots); ++lot)
    column<uint16_t>(frame, lot_road)[lot] = road_beside(frame, column<uint16_t>(frame, lot_tile)[lot]);
  for (uint64_t row = 0; row < frame->rows[home];) row = survey(frame, row);
  publish(frame);
  return 0;
}

static int step(const vesta_frame* frame) {
  uint64_t& row = *column<uint64_t>(frame, next_survey);
  row = survey(frame, row);
  if (row < frame->rows[home]) return 0;
  publish(frame);
  row = 0;
  return 0;
}

static int check(const vesta_frame* frame) {
  const bool holds = *column<uint64_t>(frame, next_survey) < frame->rows[home] &&
                     *column<uint32_t>(frame, traffic_peak) <= frame->rows[home];
  if (!holds)
    frame->host->fail(frame, "more commuters on a road than there are citizens, or a survey past the last");
  return holds ? 0 : 0x7021;
}

static constexpr vesta_module make_descriptor() {
  vesta_module self = module_named("traffic", columns);
  self.imports = imports, self.import_count = size_of(imports);
  self.init = init, self.step = step, self.check = check;
  return self;
}
static constexpr vesta_module descriptor = make_descriptor();

const vesta_module* vesta_module_entry(void) { return &descriptor; }
