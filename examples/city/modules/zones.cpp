/* zones: lots that are full and have power are built higher, empty or dark ones decay, burnt ones are
 * rebuilt. */
#include "city.h"

static const char* const parameters[] = {"growth", "tax_rate"};
static const vesta_import imports[] = {{"map.kind_of", "uint32_t(uint32_t)"},
                                       {"map.level_of", "uint32_t(uint32_t)"}};

static const vesta_column columns[] = {
    {"city", "lots", VESTA_READ, VESTA_U32, 1, 1, 0},
    {"citizens", "home", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"city", "funds", VESTA_READ, VESTA_F64, 1, 1, 0},
    {"lots", "tile", VESTA_READ, VESTA_U16, 1, 1, 0},
    {"lots", "kind", VESTA_READ, VESTA_U8, 1, 1, 0},
    {"lots", "taken", VESTA_READ, VESTA_U32, 1, 1, 0},
    {"lots", "powered", VESTA_READ, VESTA_U8, 1, 1, 0},
    {"tiles", "word", VESTA_WRITE, VESTA_U16, 1, 1, 0},
    {"lots", "level", VESTA_OWN, VESTA_U8, 1, 1, 0}, /* 0 empty zone, to 4, shops to 5 */
    {"lots", "room", VESTA_OWN, VESTA_U32, 1, 1, 0}, /* for people or jobs; none while it lies in ruins */
    {"city", "people_per_level", VESTA_OWN_CONST, VESTA_F64, 1, 1, 0},
    {"city", "jobs_per_level", VESTA_OWN_CONST, VESTA_F64, 1, 1, 0},
};
enum { lots, home, funds, lot_tile, lot_kind, taken, powered, word };
enum { level = word + 1, room, people_per_level, jobs_per_level };

static uint32_t top_level(uint32_t is) { return is == shop_zone ? 5 : 4; }

/* The tile at a zone's upper left corner. */
static uint32_t first_tile(uint32_t is, uint32_t height) {
  const uint32_t empty = is == home_zone ? 240 : is == shop_zone ? 423 : 612;
  const uint32_t built = is == home_zone ? 261 : is == shop_zone ? 432 : 621;
  return height == 0 ? empty : built + 9 * (height - 1);
}

/* What room is proportional to: an empty zone has single houses or stalls. */
static uint32_t storeys(bool lived_in, uint32_t height) { return (lived_in ? 3 : 1) + height; }

static void make_room(const vesta_frame* frame, uint32_t lot) {
  const bool lived_in = column<uint8_t>(frame, lot_kind)[lot] == home_zone;
  const double places = *column<double>(frame, lived_in ? people_per_level : jobs_per_level);
  const double people = places * storeys(lived_in, column<uint8_t>(frame, level)[lot]);
  column<uint32_t>(frame, room)[lot] = people < 1 ? 1 : static_cast<uint32_t>(people);
}

static void build(const vesta_frame* frame, uint32_t lot, uint32_t height) {
  const uint32_t tile = first_tile(column<uint8_t>(frame, lot_kind)[lot], height);
  uint16_t* corner = column<uint16_t>(frame, word) + column<uint16_t>(frame, lot_tile)[lot] - map_height - 1;
  for (uint32_t i = 0; i < 9; ++i)
    corner[i % 3 * map_height + i / 3] =
        static_cast<uint16_t>((tile + i) | bulldozable | burnable | conductive | (i == 4 ? centre : 0));
  column<uint8_t>(frame, level)[lot] = static_cast<uint8_t>(height);
  make_room(frame, lot);
}

/* How many of a lot's nine tiles are of a kind. */
static uint32_t tiles_of(const vesta_frame* frame, uint32_t lot, uint32_t wanted) {
  const auto kind_of = reinterpret_cast<word_function>(frame->imports[0]);
  const uint16_t* corner =
      column<uint16_t>(frame, word) + column<uint16_t>(frame, lot_tile)[lot] - map_height - 1;
  uint32_t count = 0;
  for (uint32_t i = 0; i < 9; ++i) count += kind_of(corner[i % 3 * map_height + i / 3]) == wanted;
  return count;
}

/* One look at a lot, about once a second. */
static void tend(const vesta_frame* frame, uint32_t lot) {
  const uint64_t chance = mix(frame->seed, lot);
  const uint32_t height = column<uint8_t>(frame, level)[lot], dice = below(chance, 100);
  if (tiles_of(frame, lot, fire) > 0) {
    column<uint32_t>(frame, room)[lot] = 0;
  } else if (tiles_of(frame, lot, rubble) > 0 || column<uint32_t>(frame, room)[lot] == 0) {
    column<uint32_t>(frame, room)[lot] = 0;
    if (*column<double>(frame, funds) > 0 && dice < 20) build(frame, lot, 0);
  } else {
    const double people = column<uint32_t>(frame, taken)[lot], places = column<uint32_t>(frame, room)[lot];
    const bool has_power = column<uint8_t>(frame, powered)[lot] != 0;
    const double growth = frame->parameters[0] * (20 - frame->parameters[1]) / 13;
    const bool grows =
        has_power && people > 0.9 * places && height < top_level(column<uint8_t>(frame, lot_kind)[lot]);
    if (grows && dice < growth) build(frame, lot, height + 1);
    if ((!has_power || people < 0.4 * places) && height > 0 && dice < 5) build(frame, lot, height - 1);
  }
}

/* Everyone fits once all homes are at their highest; jobs are for seven in ten of those who fit today. */
static int init(const vesta_frame* frame) {
  const auto level_of = reinterpret_cast<word_function>(frame->imports[1]);
  double homes = 0, built_homes = 0, built_work = 0;
  for (uint32_t lot = 0; lot < *column<uint32_t>(frame, lots); ++lot) {
    const uint32_t height = level_of(column<uint16_t>(frame, word)[column<uint16_t>(frame, lot_tile)[lot]]);
    const bool lived_in = column<uint8_t>(frame, lot_kind)[lot] == home_zone;
    column<uint8_t>(frame, level)[lot] = static_cast<uint8_t>(height);
    homes += lived_in;
    (lived_in ? built_homes : built_work) += storeys(lived_in, height);
  }
  const double citizens = static_cast<double>(frame->rows[home]);
  *column<double>(frame, people_per_level) = homes > 0 ? citizens / homes / 7 : 0;
  *column<double>(frame, jobs_per_level) =
      built_work > 0 ? 0.7 * built_homes * *column<double>(frame, people_per_level) / built_work : 0;
  for (uint32_t lot = 0; lot < *column<uint32_t>(frame, lots); ++lot) make_room(frame, lot);
  return 0;
}

static int step(const vesta_frame* frame) {
  for (uint64_t lot = frame->number % round_frames; lot < *column<uint32_t>(frame, lots); lot += round_frames)
    tend(frame, static_cast<uint32_t>(lot));
  return 0;
}

static int check(const vesta_frame* frame) {
  for (uint32_t lot = 0; lot < *column<uint32_t>(frame, lots); ++lot) {
    if (column<uint8_t>(frame, level)[lot] <= top_level(column<uint8_t>(frame, lot_kind)[lot])) continue;
    frame->host->fail(frame, "a lot is built higher than its kind can be");
    return 0x7041;
  }
  return 0;
}

static constexpr vesta_module make_descriptor() {
  vesta_module self = module_named("zones", columns);
  self.parameters = parameters, self.parameter_count = size_of(parameters);
  self.imports = imports, self.import_count = size_of(imports);
  self.init = init, self.step = step, self.check = check;
  return self;
}
static constexpr vesta_module descriptor = make_descriptor();

const vesta_module* vesta_module_entry(void) { return &descriptor; }
